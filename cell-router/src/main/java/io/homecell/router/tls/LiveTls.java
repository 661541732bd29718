package io.homecell.router.tls;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate that a port shows now, replaced while it serves: connections that are made from
 * then on see the new one, those that are open go on with what they have seen.
 *
 * <p>What it upholds: what can't be used replaces nothing. Safe for any number of threads.
 */
public final class LiveTls {
  private static final Logger log = LoggerFactory.getLogger(LiveTls.class);
  private static final Duration REPLACED_WITHIN = Duration.ofSeconds(5);

  private final TlsFiles files;
  private final Clock clock;
  private final List<Function<TlsCredentials, Future<?>>> users = new CopyOnWriteArrayList<>();
  private volatile TlsCredentials current;

  private LiveTls(TlsFiles files, Clock clock) {
    this.files = files;
    this.clock = clock;
    this.current = files.read(clock);
  }

  /**
   * Reads the first.
   *
   * @throws TlsException if it can't be used
   */
  public static LiveTls start(TlsFiles files, MeterRegistry metrics) {
    LiveTls live = new LiveTls(files, Clock.systemUTC());
    Gauge.builder("hc_router_tls_certificate_seconds_left", live, LiveTls::secondsLeft)
        .description("until the certificate of the clients' port, or one of its chain, expires")
        .register(metrics);
    log.info("TLS: {}", live.current);
    return live;
  }

  private double secondsLeft() {
    return Duration.between(clock.instant(), current.expires()).toSeconds();
  }

  /** Where it comes from. */
  public TlsFiles files() {
    return files;
  }

  public TlsCredentials current() {
    return current;
  }

  /** Tells a port of each later one. */
  public void onReplaced(Function<TlsCredentials, Future<?>> user) {
    users.add(user);
  }

  /**
   * Reads the files again; does nothing if they say what they said.
   *
   * @throws TlsException if they can't be used; then the one before stays
   * @throws IllegalStateException if a port did not take it
   */
  public synchronized void reload() {
    TlsCredentials next = files.read(clock);
    if (next.equals(current)) {
      return;
    }
    for (Function<TlsCredentials, Future<?>> user : users) {
      await(user.apply(next));
    }
    current = next;
    log.info("TLS: from now on {}", next);
  }

  private static void await(Future<?> replaced) {
    try {
      replaced
          .toCompletionStage()
          .toCompletableFuture()
          .get(REPLACED_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IllegalStateException("the certificate was not replaced: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
