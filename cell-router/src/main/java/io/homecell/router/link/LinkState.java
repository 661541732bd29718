package io.homecell.router.link;

import io.homecell.core.topology.Topology;
import io.homecell.router.upstream.StreamCarrier;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The link to one datacenter as all event loops see it: for metrics and the admin port. Safe for
 * any number of threads.
 */
final class LinkState implements StreamCarrier.Watch {
  private static final Logger log = LoggerFactory.getLogger(LinkState.class);
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** The latest failure. */
  record Failure(String kind, String detail, Instant at) {}

  /** What is told of it. */
  record Report(
      String datacenter,
      String address,
      int connections,
      int streams,
      int waiting,
      Optional<Double> pingMillis,
      Optional<Failure> lastFailure) {}

  private final Topology.Datacenter peer;
  private final MeterRegistry metrics;
  private final Timer heads;
  private final Timer pings;
  private final List<PeerLink> links = new CopyOnWriteArrayList<>();
  private volatile @Nullable Failure lastFailure;
  private volatile long lastPingNanos = -1;
  private volatile long saidAtNanos = System.nanoTime() - QUIET_NANOS;

  LinkState(Topology.Datacenter peer, MeterRegistry metrics) {
    this.peer = peer;
    this.metrics = metrics;
    this.heads =
        Timer.builder("hc_router_link_head")
            .description("from the sending of a request to the head of its answer")
            .tags("datacenter", peer.name())
            .serviceLevelObjectives(
                Duration.ofMillis(5),
                Duration.ofMillis(25),
                Duration.ofMillis(50),
                Duration.ofMillis(100),
                Duration.ofMillis(500),
                Duration.ofSeconds(2))
            .register(metrics);
    this.pings =
        Timer.builder("hc_router_link_ping")
            .description("round trip of an HTTP/2 ping")
            .tags("datacenter", peer.name())
            .register(metrics);
    gauge("hc_router_link_connections", "open connections", PeerLink::connections);
    gauge("hc_router_link_streams", "requests under way", PeerLink::streams);
    gauge("hc_router_link_waiting", "requests that wait for a stream", PeerLink::waiting);
  }

  private void gauge(String name, String description, ToIntFunction<PeerLink> figure) {
    Gauge.builder(name, links, all -> all.stream().mapToInt(figure).sum())
        .description(description)
        .tags("datacenter", peer.name())
        .register(metrics);
  }

  void add(PeerLink link) {
    links.add(link);
  }

  Topology.Datacenter peer() {
    return peer;
  }

  @Override
  public void headCame(long nanos) {
    heads.record(nanos, TimeUnit.NANOSECONDS);
  }

  void pinged(long nanos) {
    lastPingNanos = nanos;
    pings.record(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void failed(StreamCarrier.Failure how) {
    failed(
        switch (how) {
          case BROKEN -> LinkFailure.BROKEN;
          case RESET -> LinkFailure.RESET;
          case NOT_PROCESSED -> LinkFailure.NOT_PROCESSED;
        });
  }

  /** Something of one request went wrong. */
  void failed(LinkFailure kind) {
    metrics
        .counter("hc_router_link_failures", "datacenter", peer.name(), "kind", kind.word())
        .increment();
  }

  /** The link itself is ill: logged, though not more often than every ten seconds. */
  void ill(LinkFailure kind, String detail) {
    failed(kind);
    lastFailure = new Failure(kind.word(), detail, Instant.now());
    long now = System.nanoTime();
    if (now - saidAtNanos >= QUIET_NANOS) {
      saidAtNanos = now;
      log.warn("link to {} at {}: {}: {}", peer.name(), address(), kind.word(), detail);
    }
  }

  private String address() {
    return peer.peer().map(Topology.Endpoint::toString).orElse("");
  }

  Report report() {
    long ping = lastPingNanos;
    return new Report(
        peer.name(),
        address(),
        links.stream().mapToInt(PeerLink::connections).sum(),
        links.stream().mapToInt(PeerLink::streams).sum(),
        links.stream().mapToInt(PeerLink::waiting).sum(),
        ping < 0 ? Optional.empty() : Optional.of(ping / 1e6),
        Optional.ofNullable(lastFailure));
  }
}
