package io.homecell.router.identity;

import com.nimbusds.jose.jwk.JWKSet;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.text.ParseException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key set of an identity provider, fetched from its address again and again.
 *
 * <p>What it upholds: no request ever waits for the provider (the sources that Nimbus has fetch on
 * the thread that asks, here an event loop); whatever the provider does, the last good keys stay,
 * also over a restart, by a copy on disk; a token with an unknown key has the keys fetched soon,
 * but so seldom that strangers' tokens can't be used to flood the provider. Without any keys every
 * token is refused. Safe for any number of threads.
 */
public final class FetchedKeys implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(FetchedKeys.class);
  private static final int BYTES_MAX = 1 << 20;
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);
  private static final Duration READ_WITHIN = Duration.ofSeconds(5);

  /**
   * How often keys are fetched.
   *
   * @param each without being asked to
   * @param againAfter at the soonest after the last time, for an unknown key
   */
  record Rhythm(Duration each, Duration againAfter) {
    static final Rhythm USUAL = new Rhythm(Duration.ofMinutes(5), Duration.ofSeconds(10));
  }

  private final URI url;
  private final Path copy;
  private final Rhythm rhythm;
  private final MeterRegistry metrics;
  private final ScheduledExecutorService thread;
  private final AtomicLong startedNanos;
  private volatile JWKSet keys = new JWKSet();
  private String copied = "";
  private volatile long fetchedNanos = System.nanoTime();

  private FetchedKeys(URI url, Path copy, Rhythm rhythm, MeterRegistry metrics) {
    this.url = url;
    this.copy = copy;
    this.rhythm = rhythm;
    this.metrics = metrics;
    this.startedNanos = new AtomicLong(System.nanoTime());
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread fetching = new Thread(task, "keys");
              fetching.setDaemon(true);
              return fetching;
            });
  }

  /** Whether a setting names an address and not a file. */
  public static boolean isUrl(String text) {
    return text.startsWith("https://") || text.startsWith("http://");
  }

  /**
   * Fetches the keys, or takes the copy, and goes on fetching.
   *
   * @param copy the file that keeps the last good keys
   * @throws IllegalArgumentException if anybody on the way could change what is fetched
   */
  public static FetchedKeys start(URI url, Path copy, MeterRegistry metrics) {
    return start(url, copy, Rhythm.USUAL, metrics);
  }

  @SuppressWarnings("FutureReturnValueIgnored") // fetch() never throws
  static FetchedKeys start(URI url, Path copy, Rhythm rhythm, MeterRegistry metrics) {
    boolean here = List.of("127.0.0.1", "localhost", "[::1]").contains(url.getHost());
    if (!"https".equals(url.getScheme()) && !here) {
      throw new IllegalArgumentException(
          "HOMECELL_JWKS: " + url + " (expected: https, or an address of this host)");
    }
    FetchedKeys fetched = new FetchedKeys(url, copy, rhythm, metrics);
    Gauge.builder("hc_router_keys_age_seconds", fetched, FetchedKeys::ageSeconds)
        .description("since the keys of bearer tokens were fetched")
        .register(metrics);
    if (!fetched.fetch()) {
      fetched.takeCopy();
    }
    fetched.thread.scheduleWithFixedDelay(
        fetched::fetch, rhythm.each.toMillis(), rhythm.each.toMillis(), TimeUnit.MILLISECONDS);
    return fetched;
  }

  private double ageSeconds() {
    return Duration.ofNanos(System.nanoTime() - fetchedNanos).toMillis() / 1000.0;
  }

  /** Checks tokens by the keys of now. */
  public TokenVerifier verifier() {
    return new TokenVerifier(() -> keys, this::fetchSoon);
  }

  private void fetchSoon() {
    long last = startedNanos.get();
    long now = System.nanoTime();
    if (now - last > rhythm.againAfter.toNanos() && startedNanos.compareAndSet(last, now)) {
      try {
        thread.execute(this::fetch);
      } catch (RejectedExecutionException isClosed) {
        // nothing is fetched after close
      }
    }
  }

  /** Whether it worked; never throws. */
  private boolean fetch() {
    startedNanos.set(System.nanoTime());
    String problem;
    try {
      JWKSet fetched =
          JWKSet.load(
              url.toURL(),
              (int) CONNECT_WITHIN.toMillis(),
              (int) READ_WITHIN.toMillis(),
              BYTES_MAX);
      if (!fetched.isEmpty()) {
        keep(fetched);
        count("ok");
        return true;
      }
      problem = "no keys";
    } catch (IOException | ParseException | RuntimeException e) {
      problem = e.toString();
    }
    count("failed");
    log.warn("keys: {} is of no use, the {} known stay: {}", url, keys.size(), problem);
    return false;
  }

  private void count(String result) {
    metrics.counter("hc_router_key_fetches", "result", result).increment();
  }

  private void keep(JWKSet fetched) {
    boolean changed = !fetched.toString().equals(keys.toString());
    keys = fetched;
    fetchedNanos = System.nanoTime();
    if (changed) {
      log.info("keys: {} from {}", fetched.size(), url);
    }
    copy(fetched.toString());
  }

  /** The next fetch tries again what could not be written: these keys are good without it. */
  private void copy(String text) {
    if (text.equals(copied)) {
      return;
    }
    try {
      Path temporary = copy.resolveSibling(copy.getFileName() + ".tmp");
      // Without private parts, should the provider have published any.
      Files.writeString(temporary, text, StandardCharsets.UTF_8);
      Files.move(
          temporary, copy, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      copied = text;
    } catch (IOException e) {
      count("not-kept");
      log.warn(
          "keys: {} can't be written, a start without {} would lack them: {}",
          copy,
          url,
          e.toString());
    }
  }

  private void takeCopy() {
    try {
      keys = JWKSet.load(copy.toFile());
      log.warn("keys: the {} of the last run are used", keys.size());
    } catch (IOException | ParseException e) {
      log.error("keys: none, every bearer token is refused until {} answers", url);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
