package io.homecell.router.upstream;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Asks each instance now and then whether it is alive: {@code GET /health/ready} on the port that
 * it serves. Any answer but a 503 says that it is, so an instance that does not know this path is
 * alive too; a process that is stopped accepts connections still, and is found by its silence.
 *
 * <p>The checks of all instances are spread over the interval at random, each on a connection of
 * its own, no more than a few at once; what there is no room for is asked the next time. Two
 * failures in a row make an instance down, one answer makes it up. Belongs to one context; what it
 * has found may be read by any thread.
 */
public final class HealthChecks implements Liveness, AutoCloseable {
  private static final String PATH = "/health/ready";
  private static final int UNAVAILABLE = 503;
  private static final int AT_ONCE_MAX = 16;
  private static final int FAILURES_MAX = 2;

  private final Vertx vertx;
  private final Context context;
  private final Supplier<Set<Upstream>> known;
  private final UpstreamHealth health;
  private final RandomGenerator random;
  private final HttpClient client;
  private final Map<Upstream, Integer> failures = new HashMap<>();
  private final Set<Upstream> asking = new HashSet<>();
  private volatile Set<Upstream> down = Set.of();
  private volatile boolean closed;

  /**
   * @param known the instances of now; asked once each interval
   */
  public HealthChecks(
      Vertx vertx, Supplier<Set<Upstream>> known, UpstreamHealth health, RandomGenerator random) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.known = known;
    this.health = health;
    this.random = random;
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setKeepAlive(false)
                .setConnectTimeout((int) health.probeTimeout().toMillis()),
            new PoolOptions().setHttp1MaxSize(1).setMaxWaitQueueSize(0));
  }

  /** Begins, unless the settings say never. */
  public void start() {
    if (!health.probeEvery().isZero()) {
      // The first after an interval: at its start a router has other things to do.
      context.runOnContext(
          ignored -> vertx.setTimer(health.probeEvery().toMillis(), later -> round()));
    }
  }

  private void round() {
    if (closed) {
      return;
    }
    Set<Upstream> now = known.get();
    if (failures.keySet().retainAll(now)) {
      publish();
    }
    long interval = health.probeEvery().toMillis();
    for (Upstream upstream : now) {
      vertx.setTimer(1 + random.nextLong(interval), ignored -> probe(upstream));
    }
    vertx.setTimer(interval, ignored -> round());
  }

  private void probe(Upstream upstream) {
    if (closed || asking.size() >= AT_ONCE_MAX || !asking.add(upstream)) {
      return;
    }
    client
        .request(
            new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setHost(upstream.host())
                .setPort(upstream.port())
                .setURI(PATH)
                .setConnectTimeout(health.probeTimeout().toMillis())
                .setIdleTimeout(health.probeTimeout().toMillis()))
        .compose(request -> request.send().eventually(() -> request.connection().close()))
        .onComplete(
            result -> {
              asking.remove(upstream);
              found(upstream, result.succeeded() && result.result().statusCode() != UNAVAILABLE);
            });
  }

  private void found(Upstream upstream, boolean alive) {
    if (alive) {
      if (failures.remove(upstream) != null) {
        publish();
      }
    } else {
      failures.merge(upstream, 1, Integer::sum);
      publish();
    }
  }

  private void publish() {
    Set<Upstream> found = new HashSet<>();
    failures.forEach(
        (upstream, times) -> {
          if (times >= FAILURES_MAX) {
            found.add(upstream);
          }
        });
    down = Set.copyOf(found);
  }

  @Override
  public boolean allUp() {
    return down.isEmpty();
  }

  @Override
  public boolean isDown(Upstream upstream) {
    return down.contains(upstream);
  }

  /** How many are known to be down. */
  public int down() {
    return down.size();
  }

  @Override
  public void close() {
    closed = true;
    client.close();
  }
}
