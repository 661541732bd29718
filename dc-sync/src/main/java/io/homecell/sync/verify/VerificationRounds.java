package io.homecell.sync.verify;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Verifies again and again, unasked and at a low rate, the cells of the pipelines that this process
 * runs. A difference is logged with its rows, shows in {@code hc_sync_differences}, and stands in
 * the way of a planned switch. One thread; safe for any number of callers.
 */
public final class VerificationRounds implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VerificationRounds.class);
  private static final Duration ONE_WITHIN = Duration.ofHours(6);
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

  private final Map<String, PipelineVerification> pipelines;
  private final Predicate<String> due;
  private final Duration pause;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  private VerificationRounds(
      Map<String, PipelineVerification> pipelines, Predicate<String> due, Duration pause) {
    this.pipelines = Map.copyOf(pipelines);
    this.due = due;
    this.pause = pause;
    this.thread = new Thread(this::run, "verify");
    this.thread.setDaemon(true);
  }

  /**
   * Starts with a pause.
   *
   * @param due whether a pipeline, by its name, is to be verified now by this process
   * @param pause between two rounds
   */
  public static VerificationRounds start(
      Map<String, PipelineVerification> pipelines, Predicate<String> due, Duration pause) {
    VerificationRounds rounds = new VerificationRounds(pipelines, due, pause);
    rounds.thread.start();
    return rounds;
  }

  private void run() {
    try {
      while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        for (Map.Entry<String, PipelineVerification> pipeline : pipelines.entrySet()) {
          if (due.test(pipeline.getKey())) {
            verify(pipeline.getKey(), pipeline.getValue());
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void verify(String name, PipelineVerification pipeline)
      throws InterruptedException {
    try {
      VerifyResult result = pipeline.run(Scope.ALL, ONE_WITHIN, Pace.UNASKED);
      if (result.differing() > 0) {
        LOG.warn(
            "{}: {} rows differ, see `cellctl sync verify`: {}",
            name,
            result.differing(),
            result.tables().stream()
                .flatMap(table -> table.differences().stream())
                .limit(10)
                .map(row -> row.schema() + "." + row.table() + " " + row.key() + " " + row.kind())
                .collect(Collectors.joining("; ")));
      }
    } catch (SQLException | RuntimeException e) {
      LOG.info("{}: not verified this time: {}", name, e.getMessage());
    }
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      thread.join(CLOSE_WITHIN.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
