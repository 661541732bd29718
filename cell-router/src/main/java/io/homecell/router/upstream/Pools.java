package io.homecell.router.upstream;

import io.vertx.core.http.HttpClientAgent;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;

/** One pool for each upstream of an event loop; pools of upstreams that went away are dropped. */
public final class Pools {
  private final HttpClientAgent client;
  private final Optional<StreamConnecting> streams;
  private final BiConsumer<Upstream, StreamCarrier.Failure> failures;
  private final int connectionsMax;
  private final Duration idleMax;
  private final Map<Upstream, CarrierPool> pools = new HashMap<>();
  private boolean anyStreams;

  /** Of HTTP/1.1 only, to whomever. */
  public Pools(HttpClientAgent client, int connectionsMax, Duration idleMax) {
    this(client, Optional.empty(), (upstream, how) -> {}, connectionsMax, idleMax);
  }

  /**
   * @param failures told of streams of HTTP/2 that came to nothing
   * @param connectionsMax of HTTP/1.1 to one upstream
   */
  public Pools(
      UpstreamClients clients,
      BiConsumer<Upstream, StreamCarrier.Failure> failures,
      int connectionsMax,
      Duration idleMax) {
    this(clients.http1(), Optional.of(clients.streams()), failures, connectionsMax, idleMax);
  }

  private Pools(
      HttpClientAgent client,
      Optional<StreamConnecting> streams,
      BiConsumer<Upstream, StreamCarrier.Failure> failures,
      int connectionsMax,
      Duration idleMax) {
    this.client = client;
    this.streams = streams;
    this.failures = failures;
    this.connectionsMax = connectionsMax;
    this.idleMax = idleMax;
  }

  public CarrierPool of(Upstream upstream) {
    CarrierPool pool = pools.get(upstream);
    if (pool == null) {
      pool = make(upstream);
      pools.put(upstream, pool);
    }
    return pool;
  }

  private CarrierPool make(Upstream upstream) {
    if (upstream.isH2c() && streams.isPresent()) {
      anyStreams = true;
      return new StreamPool(
          streams.get(), upstream, how -> failures.accept(upstream, how), idleMax);
    }
    return new ConnectionPool(client, upstream, connectionsMax, idleMax);
  }

  /** Requests under way or waiting at an upstream. */
  public int underWay(Upstream upstream) {
    CarrierPool pool = pools.get(upstream);
    return pool == null ? 0 : pool.underWay();
  }

  /** Requests under way or waiting, over all upstreams. */
  public int inUse() {
    return pools.values().stream().mapToInt(CarrierPool::underWay).sum();
  }

  /** Open connections, over all upstreams. */
  public int open() {
    return pools.values().stream().mapToInt(CarrierPool::open).sum();
  }

  /** Called many times a second. */
  public void tick(long nowNanos) {
    if (anyStreams) {
      // A copy: who is told that there is no stream may ask another one.
      List.copyOf(pools.values()).forEach(pool -> pool.tick(nowNanos));
    }
  }

  /** Closes what is unused for too long. */
  public void closeIdle(long nowNanos) {
    pools.values().forEach(pool -> pool.closeIdle(nowNanos));
    pools.values().removeIf(CarrierPool::isUnused);
  }
}
