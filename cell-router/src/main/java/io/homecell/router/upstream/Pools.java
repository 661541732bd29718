package io.homecell.router.upstream;

import io.vertx.core.http.HttpClientAgent;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** One pool for each upstream of an event loop; pools of upstreams that went away are dropped. */
public final class Pools {
  private final HttpClientAgent client;
  private final int connectionsMax;
  private final Duration idleMax;
  private final Map<Upstream, ConnectionPool> pools = new HashMap<>();

  public Pools(HttpClientAgent client, int connectionsMax, Duration idleMax) {
    this.client = client;
    this.connectionsMax = connectionsMax;
    this.idleMax = idleMax;
  }

  public ConnectionPool of(Upstream upstream) {
    ConnectionPool pool = pools.get(upstream);
    if (pool == null) {
      pool = new ConnectionPool(client, upstream, connectionsMax, idleMax);
      pools.put(upstream, pool);
    }
    return pool;
  }

  /** Requests under way or waiting at an upstream. */
  public int underWay(Upstream upstream) {
    ConnectionPool pool = pools.get(upstream);
    return pool == null ? 0 : pool.underWay();
  }

  /** Connections in use, over all upstreams. */
  public int inUse() {
    return pools.values().stream().mapToInt(ConnectionPool::underWay).sum();
  }

  /** Open connections, over all upstreams. */
  public int open() {
    return pools.values().stream().mapToInt(ConnectionPool::open).sum();
  }

  /** Closes what is unused for too long. */
  public void closeIdle(long nowNanos) {
    pools.values().forEach(pool -> pool.closeIdle(nowNanos));
    pools.values().removeIf(ConnectionPool::isUnused);
  }
}
