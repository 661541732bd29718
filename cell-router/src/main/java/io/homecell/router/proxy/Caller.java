package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.router.decide.Hop;
import io.homecell.router.decide.Told;
import io.homecell.router.identity.Ask;
import io.homecell.router.identity.Identity;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.path.DecimalId;
import io.homecell.router.path.RouteMatcher.Found;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Who sends a request: a client, who is believed nothing but what the identity sources prove, or
 * another datacenter's router, which has done that already.
 */
record Caller(Optional<Hop> hop, Identity identity) {

  static Caller of(HttpServerRequest request, Found found, HopProof proof, IdentityReader reader) {
    MultiMap headers = request.headers();
    String datacenter = headers.get(CellHeaders.HOP);
    if (datacenter == null || !proof.holds(headers)) {
      // What takes no route is refused, whoever sends it.
      Identity identity =
          found instanceof Found.Route route ? reader.read(ask(request, route)) : Identity.ABSENT;
      return new Caller(Optional.empty(), identity);
    }
    return new Caller(
        Optional.of(new Hop(datacenter, told(headers))), forwarded(request, found, reader));
  }

  private static Identity forwarded(HttpServerRequest request, Found found, IdentityReader reader) {
    OptionalLong user = number(request.headers(), CellHeaders.USER);
    if (user.isPresent()) {
      return new Identity.Known(user.getAsLong());
    }
    return found instanceof Found.Route route
        ? reader.readClaim(ask(request, route))
        : Identity.ABSENT;
  }

  private static Ask ask(HttpServerRequest request, Found.Route route) {
    String query = request.query();
    return new Ask(
        request.headers(),
        query == null ? "" : query,
        request.remoteAddress().hostAddress(),
        Optional.of(route));
  }

  /**
   * A number that stands for who asks: the user, or a hash of the address where that is not known.
   */
  long asker(Supplier<String> address) {
    // Users are not negative, hashes of addresses are: they can't be taken for each other.
    return identity instanceof Identity.Known known
        ? known.user()
        : Long.MIN_VALUE | address.get().hashCode();
  }

  /** What the headers say of a slot, on a forwarded request or on a 421. */
  static Optional<Told> told(MultiMap headers) {
    OptionalLong slot = number(headers, CellHeaders.SLOT);
    OptionalLong epoch = number(headers, CellHeaders.EPOCH);
    return slot.isPresent() && epoch.isPresent() && slot.getAsLong() <= Integer.MAX_VALUE
        ? Optional.of(new Told((int) slot.getAsLong(), epoch.getAsLong()))
        : Optional.empty();
  }

  private static OptionalLong number(MultiMap headers, String name) {
    String text = headers.get(name);
    return text == null ? OptionalLong.empty() : DecimalId.parse(text);
  }
}
