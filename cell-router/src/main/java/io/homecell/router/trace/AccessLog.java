package io.homecell.router.trace;

import io.homecell.core.json.Json;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.LoggerFactory;

/**
 * One line of JSON for a request: those that were picked, and all that failed.
 *
 * <p>What it upholds: a slow disk or a reader that hangs never slows a request. Lines are written
 * by a thread of its own from a bounded queue; what finds it full is dropped and counted. Safe for
 * any number of threads.
 */
public final class AccessLog implements AutoCloseable {
  /** The logger that the lines go to. */
  public static final String LOGGER = "access";

  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(1);
  private static final long POLL_MILLIS = 100;

  private final BlockingQueue<AccessLine> queue;
  private final Consumer<String> writer;
  private final Counter dropped;
  private final Thread thread;
  private volatile boolean closed;

  AccessLog(int linesMax, Consumer<String> writer, MeterRegistry metrics) {
    this.queue = new ArrayBlockingQueue<>(linesMax);
    this.writer = writer;
    this.dropped =
        Counter.builder("hc_router_access_log_dropped")
            .description("lines that found the queue full")
            .register(metrics);
    Gauge.builder("hc_router_access_log_waiting", queue, BlockingQueue::size)
        .description("lines that are not written yet")
        .register(metrics);
    this.thread = new Thread(this::write, "access-log");
    thread.setDaemon(true);
  }

  /**
   * Starts to write to the logger {@link #LOGGER}.
   *
   * @param linesMax how many may wait
   */
  public static AccessLog start(int linesMax, MeterRegistry metrics) {
    AccessLog log = new AccessLog(linesMax, LoggerFactory.getLogger(LOGGER)::info, metrics);
    log.thread.start();
    return log;
  }

  /** One that forgets what it is told, for the warm-up. */
  public static AccessLog toNowhere() {
    return new AccessLog(1, line -> {}, new SimpleMeterRegistry());
  }

  /** Adds a line; never waits. */
  public void add(AccessLine line) {
    if (!queue.offer(line)) {
      dropped.increment();
    }
  }

  /** Starts to write; for a test, which may want lines to wait. */
  void begin() {
    thread.start();
  }

  private void write() {
    while (!closed || !queue.isEmpty()) {
      try {
        AccessLine next = queue.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (next != null) {
          writer.accept(Json.write(next));
        }
      } catch (InterruptedException e) {
        return;
      } catch (RuntimeException e) {
        // A line that can't be written is as good as dropped; the next may be.
        dropped.increment();
      }
    }
  }

  /** Writes what waits, for a moment. */
  @Override
  public void close() throws InterruptedException {
    closed = true;
    thread.join(CLOSE_WITHIN.toMillis());
    thread.interrupt();
  }
}
