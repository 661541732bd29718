package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.router.decide.Hop;
import io.homecell.router.decide.Told;
import io.homecell.router.identity.Identity;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.path.DecimalId;
import io.vertx.core.MultiMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Supplier;

/**
 * Who sends a request: a client, who is believed nothing but what the identity sources prove, or
 * another datacenter's router, which has done that already.
 */
record Caller(Optional<Hop> hop, Identity identity) {

  static Caller of(MultiMap headers, PeerKey key, IdentityReader identities) {
    String datacenter = headers.get(CellHeaders.HOP);
    if (datacenter == null || !key.is(headers.get(HeaderRules.HOP_KEY))) {
      return new Caller(Optional.empty(), identities.read(headers::get));
    }
    OptionalLong user = number(headers, CellHeaders.USER);
    return new Caller(
        Optional.of(new Hop(datacenter, told(headers))),
        user.isPresent() ? new Identity.Known(user.getAsLong()) : Identity.ABSENT);
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
