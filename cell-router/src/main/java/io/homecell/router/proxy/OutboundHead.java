package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.router.decide.Decision;
import io.homecell.router.identity.Identity;
import io.homecell.router.path.DecimalId;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;
import java.util.OptionalLong;

/** Writes the head of a request for the next process. */
final class OutboundHead {
  private static final String MAX_FORWARDS = "Max-Forwards";

  private final String datacenter;
  private final PeerKey key;
  private final String pseudonym;
  private final CharSequence via;
  private final CharSequence viaHttp2;

  OutboundHead(String datacenter, PeerKey key) {
    this.datacenter = datacenter;
    this.key = key;
    this.pseudonym = "homecell-" + datacenter;
    this.via = HttpHeaders.createOptimized("1.1 " + pseudonym);
    this.viaHttp2 = HttpHeaders.createOptimized("2.0 " + pseudonym);
  }

  /** This router's name in {@code Via}; all routers of a datacenter have one. */
  String pseudonym() {
    return pseudonym;
  }

  /** Of an answer that came by this version. */
  CharSequence via(HttpVersion version) {
    return version == HttpVersion.HTTP_2 ? viaHttp2 : via;
  }

  /**
   * @param head of the request
   * @param forwarding what is told of the client
   * @param remote where it is forwarded to, if to another datacenter
   */
  void write(
      HttpServerRequest from,
      MultiMap to,
      Caller caller,
      Forwarding forwarding,
      RequestHead head,
      Optional<Decision.Remote> remote) {
    // Another router is believed: only routers know the key that a hop is proven with.
    boolean believed = caller.hop().isPresent() || forwarding.isTrusted();
    HeaderRules.copyRequest(from.headers(), to, believed);
    BodyFraming framing = head.framing();
    if (!framing.isChunked()
        && (!framing.isEmpty() || from.headers().contains(WireNames.CONTENT_LENGTH))) {
      to.set(WireNames.CONTENT_LENGTH, Long.toString(framing.length()));
    }
    forwarding.write(to, head.host().orElse(null), believed);
    Forwarding.append(to, WireNames.VIA, via(from.version()));
    if (from.method().equals(HttpMethod.OPTIONS)) {
      countDown(to);
    }
    if (caller.identity() instanceof Identity.Known known) {
      to.set(WireNames.CELL_USER, Long.toString(known.user()));
    }
    remote.ifPresent(decision -> writeHop(to, decision));
  }

  private void writeHop(MultiMap to, Decision.Remote remote) {
    to.set(CellHeaders.HOP, datacenter);
    to.set(HeaderRules.HOP_KEY, key.text());
    remote
        .by()
        .ifPresent(
            told -> {
              to.set(CellHeaders.SLOT, Integer.toString(told.slot()));
              to.set(CellHeaders.EPOCH, Long.toString(told.epoch()));
            });
  }

  /** One hop less for a request that counts them (RFC 9110, 7.6.2). */
  private static void countDown(MultiMap to) {
    String left = to.get(MAX_FORWARDS);
    OptionalLong hops = left == null ? OptionalLong.empty() : DecimalId.parse(left);
    if (hops.isPresent() && hops.getAsLong() > 0) {
      to.set(MAX_FORWARDS, Long.toString(hops.getAsLong() - 1));
    }
  }
}
