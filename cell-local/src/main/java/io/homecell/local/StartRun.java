package io.homecell.local;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One start of several parts: a few at a time in their order, the next one when one of them is
 * ready, since a JVM that starts takes a core for itself.
 */
final class StartRun {
  private static final int AT_ONCE_MIN = 3;

  private final PartLauncher launcher;
  private final StateFile state;
  private final Optional<Path> mysqld;
  private final StartProgress progress;
  private final BooleanSupplier stopping;
  private final List<RunningPart> started = new ArrayList<>();
  private @Nullable MysqlDistribution mysql;

  StartRun(
      PartLauncher launcher,
      StateFile state,
      Optional<Path> mysqld,
      StartProgress progress,
      BooleanSupplier stopping) {
    this.launcher = launcher;
    this.state = state;
    this.mysqld = mysqld;
    this.progress = progress;
    this.stopping = stopping;
  }

  /** What it has started, ready or not. */
  synchronized List<RunningPart> started() {
    return List.copyOf(started);
  }

  /**
   * Starts these and waits until all are ready.
   *
   * @throws LocalStartException for the first that fails; the others are no longer waited for
   */
  void startAll(List<Part> parts) {
    int atOnce = Math.max(AT_ONCE_MIN, Runtime.getRuntime().availableProcessors());
    ExecutorService threads = Executors.newFixedThreadPool(atOnce);
    try {
      CompletionService<Part> starts = new ExecutorCompletionService<>(threads);
      parts.forEach(part -> starts.submit(() -> start(part), part));
      for (int left = parts.size(); left > 0; left--) {
        starts.take().get();
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof LocalStartException failed
          ? failed
          : new LocalStartException("a part can't be started: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalStartException("interrupted", e);
    } finally {
      threads.shutdownNow();
      awaitThreads(threads);
    }
  }

  private static void awaitThreads(ExecutorService threads) {
    try {
      threads.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void start(Part part) {
    Instant began = Instant.now();
    progress.starting(part);
    PartLauncher.Launched launched;
    RunningPart running;
    synchronized (this) {
      // Decided under the lock: whoever stops the deployment sees this part or prevents it.
      if (stopping.getAsBoolean() || Thread.currentThread().isInterrupted()) {
        throw new LocalStartException(part.name() + " was not started: the deployment stops");
      }
      launched = launcher.launch(part, this::mysql);
      running = RunningPart.of(part, launcher.host(part), launched.process());
      started.add(running);
      state.put(running);
    }
    RunningPart ready = launched.awaitReady(running);
    state.put(ready);
    progress.ready(ready, Duration.between(began, Instant.now()));
  }

  private synchronized MysqlDistribution mysql() {
    if (mysql == null) {
      mysql = MysqlDistribution.locate(mysqld);
    }
    return mysql;
  }
}
