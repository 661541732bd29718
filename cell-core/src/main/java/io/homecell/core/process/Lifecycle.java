package io.homecell.core.process;

import io.homecell.core.topology.TopologyException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The frame of every Homecell process: reads the environment, starts the parts, stops them in
 * reverse order on SIGTERM within a deadline.
 *
 * <p>Exit codes: 2 when the environment, the topology or the secrets are wrong (the reason is on
 * stderr), 1 when a part can't start, 143 after SIGTERM, as the JVM has it. Safe for any number of
 * threads.
 */
public final class Lifecycle {
  private static final Logger log = LoggerFactory.getLogger(Lifecycle.class);

  /** Starts a process's parts and gives each to {@link #closing}. */
  @FunctionalInterface
  public interface Start {
    void start(ProcessSettings settings, Lifecycle lifecycle) throws Exception;
  }

  /** Long enough to drain requests in flight, shorter than the patience of an init system. */
  private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

  private record Part(String name, AutoCloseable closeable) {}

  private final Deque<Part> parts = new ArrayDeque<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final Duration stopWithin;
  private boolean stopping;

  Lifecycle(Duration stopWithin) {
    this.stopWithin = stopWithin;
  }

  /**
   * The body of a process's {@code main}; returns only when the process stops.
   *
   * @param role such as {@code router}, for messages
   */
  public static void main(String role, Start start) {
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> log.error("{}: thread {} ended", role, thread.getName(), e));
    Lifecycle lifecycle = new Lifecycle(STOP_WITHIN);
    Runtime.getRuntime().addShutdownHook(new Thread(lifecycle::stop, "stop"));
    int exitCode = lifecycle.run(role, System.getenv(), start);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
    lifecycle.awaitStopped();
  }

  /** Starts the parts; the exit code, 0 if they run. */
  int run(String role, Map<String, String> environment, Start start) {
    try {
      ProcessSettings settings = ProcessSettings.fromEnvironment(environment);
      log.info(
          "{}: starts as {} in {}{}, pid {}",
          role,
          settings.instance(),
          settings.datacenter(),
          settings.cell().map(cell -> ", cell " + cell).orElse(""),
          ProcessHandle.current().pid());
      start.start(settings, this);
      return 0;
    } catch (ConfigurationException | TopologyException e) {
      System.err.println(role + ": " + e.getMessage());
      return 2;
    } catch (IllegalArgumentException e) {
      System.err.println(role + ": " + e.getMessage());
      log.info("{}: wrongly configured", role, e);
      return 2;
    } catch (UncheckedIOException e) {
      if (!(e.getCause() instanceof FileSystemException)) {
        log.error("{}: can't start", role, e);
        return 1;
      }
      System.err.println(role + ": " + e.getMessage() + ": " + e.getCause());
      return 2;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    } catch (Exception e) {
      log.error("{}: can't start", role, e);
      return 1;
    }
  }

  /**
   * Registers a part to be closed at the end, before all that were registered earlier.
   *
   * @return the part
   */
  public synchronized <T extends AutoCloseable> T closing(String name, T part) {
    if (stopping) {
      close(new Part(name, part));
      throw new IllegalStateException(name + ": the process is stopping");
    }
    parts.push(new Part(name, part));
    return part;
  }

  /**
   * Closes every part in reverse order; returns when all are closed or the deadline has passed.
   * Only the first call does anything, later ones wait for it.
   */
  public void stop() {
    synchronized (this) {
      if (stopping) {
        awaitStopped();
        return;
      }
      stopping = true;
    }
    Thread closer = new Thread(this::closeAll, "close");
    closer.setDaemon(true);
    closer.start();
    try {
      closer.join(stopWithin.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (closer.isAlive()) {
      log.warn("stop: not all parts closed within {} ms", stopWithin.toMillis());
    }
    stopped.countDown();
  }

  private void closeAll() {
    while (true) {
      Part part;
      synchronized (this) {
        part = parts.poll();
      }
      if (part == null) {
        return;
      }
      close(part);
    }
  }

  private static void close(Part part) {
    long from = System.nanoTime();
    try {
      part.closeable().close();
      log.debug(
          "stop: {} closed in {} ms",
          part.name(),
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - from));
    } catch (Exception e) {
      log.warn("stop: {} did not close cleanly", part.name(), e);
    }
  }

  private void awaitStopped() {
    try {
      stopped.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
