package io.homecell.router.proxy;

import io.homecell.core.topology.Topology;
import io.homecell.router.link.Links;
import io.homecell.router.link.PeerLink;
import io.homecell.router.upstream.ConnectionPool;
import io.homecell.router.upstream.Upstream;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One event loop's part of the links to other datacenters' routers: the way to each, and the port
 * for what they forward. WebSockets have connections of their own, since they stay. Without peer
 * ports it is empty, and hops come and go as plain HTTP. Belongs to the loop, but for what says
 * otherwise.
 */
final class Peers {
  private final Map<Upstream, PeerLink> links = new HashMap<>();
  private final Map<Upstream, PeerLink> webSocketLinks = new HashMap<>();
  private final HopProof clientsHops;
  private final Optional<PeerPort> port;

  Peers(EdgeParts parts, Optional<Links> peers, PeerPort.Requests requests) {
    this.clientsHops = peers.isPresent() ? HopProof.NEVER : HopProof.byKey(parts.key());
    this.port = peers.map(all -> new PeerPort(all, parts.key(), requests));
    for (Topology.Datacenter each : parts.topology().datacenters().values()) {
      if (!each.name().equals(parts.datacenter())) {
        Upstream router = new Upstream(each.name(), each.router().host(), each.router().port());
        int webSocketsMax = parts.settings().webSockets().openMax() * cellsOf(parts, each);
        peers.ifPresent(
            all -> {
              links.put(router, all.to(each.name()));
              webSocketLinks.put(router, all.forStreamsThatStay(each.name(), webSocketsMax));
            });
      }
    }
  }

  /** Which hops count at the clients' port. */
  HopProof clientsHops() {
    return clientsHops;
  }

  private static int cellsOf(EdgeParts parts, Topology.Datacenter datacenter) {
    return (int)
        parts.topology().cells().values().stream()
            .filter(cell -> cell.datacenter().equals(datacenter.name()))
            .count();
  }

  /** Whether it has given the way to an upstream, or will: it is another router. */
  boolean acquires(Upstream upstream, ConnectionPool.Client wanted) {
    return acquires(links, upstream, wanted);
  }

  /** The same for a WebSocket. */
  boolean acquiresForWebSocket(Upstream upstream, ConnectionPool.Client wanted) {
    return acquires(webSocketLinks, upstream, wanted);
  }

  private static boolean acquires(
      Map<Upstream, PeerLink> links, Upstream upstream, ConnectionPool.Client wanted) {
    PeerLink link = links.isEmpty() ? null : links.get(upstream);
    if (link == null) {
      return false;
    }
    link.acquire(wanted);
    return true;
  }

  Future<?> listen(Vertx vertx, String host) {
    return port.isEmpty() ? Future.succeededFuture() : port.get().listen(vertx, host);
  }

  void tick(long nowNanos) {
    if (!links.isEmpty()) {
      links.values().forEach(link -> link.tick(nowNanos));
      webSocketLinks.values().forEach(link -> link.tick(nowNanos));
    }
  }

  /** Any thread. */
  void sayFarewell() {
    port.ifPresent(PeerPort::sayFarewell);
  }

  /** Any thread. */
  Future<Void> drain(Duration atMost) {
    return port.isEmpty() ? Future.succeededFuture() : port.get().drain(atMost);
  }
}
