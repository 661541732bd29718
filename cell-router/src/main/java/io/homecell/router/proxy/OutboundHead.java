package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.router.decide.Decision;
import io.homecell.router.decide.Hop;
import io.homecell.router.identity.Identity;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;

/** Writes the head of a request for the next process. */
final class OutboundHead {
  private static final String FORWARDED_FOR = "X-Forwarded-For";
  private static final String FORWARDED_HOST = "X-Forwarded-Host";
  private static final String FORWARDED_PROTO = "X-Forwarded-Proto";

  private final String datacenter;
  private final PeerKey key;
  private final String pseudonym;
  private final String via;

  OutboundHead(String datacenter, PeerKey key) {
    this.datacenter = datacenter;
    this.key = key;
    this.pseudonym = "homecell-" + datacenter;
    this.via = "1.1 " + pseudonym;
  }

  /** This router's name in {@code Via}; all routers of a datacenter have one. */
  String pseudonym() {
    return pseudonym;
  }

  String via() {
    return via;
  }

  /**
   * @param remote where it is forwarded to, if to another datacenter
   */
  void write(
      HttpServerRequest from,
      MultiMap to,
      Caller caller,
      BodyFraming framing,
      Optional<Decision.Remote> remote) {
    HeaderRules.copyRequest(from.headers(), to);
    if (!framing.isChunked() && (!framing.isEmpty() || from.headers().contains("Content-Length"))) {
      to.set("Content-Length", Long.toString(framing.length()));
    }
    append(to, FORWARDED_FOR, from.remoteAddress().hostAddress());
    append(to, "Via", via);
    Optional<Hop> hop = caller.hop();
    if (hop.isEmpty()) {
      to.set(FORWARDED_PROTO, from.isSSL() ? "https" : "http");
      String host = from.getHeader("Host");
      if (host != null) {
        to.set(FORWARDED_HOST, host);
      } else {
        to.remove(FORWARDED_HOST);
      }
    }
    if (caller.identity() instanceof Identity.Known known) {
      to.set(CellHeaders.USER, Long.toString(known.user()));
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

  private static void append(MultiMap to, String name, String value) {
    if (to.contains(name)) {
      to.set(name, String.join(", ", to.getAll(name)) + ", " + value);
    } else {
      to.set(name, value);
    }
  }
}
