package io.homecell.sync.pipeline;

import io.homecell.sync.apply.ApplyLoad;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.apply.Outcome;
import io.homecell.sync.apply.TargetApplier;
import io.homecell.sync.apply.TargetAwayException;
import io.homecell.sync.capture.Capture;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.check.PairWatch;
import io.homecell.sync.ddl.SchemaApplier;
import io.homecell.sync.ddl.SchemaStatement;
import io.homecell.sync.heartbeat.BeatLedger;
import io.homecell.sync.heartbeat.HeartbeatWriter;
import io.homecell.sync.load.LoadWatch;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.StartPosition;
import io.homecell.sync.throttle.Throttles;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries one cell's transactions to another, for as long as it is open.
 *
 * <p>It holds no state of its own: each start reads from the two servers where to begin, and
 * whatever fails, it starts anew. What trying again can mend (a peer that is away) it tries again
 * with growing pauses; what only a person can mend it names, and looks again from time to time.
 *
 * <p>Safe for any number of threads.
 */
public final class Pipeline implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Pipeline.class);
  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration BEHIND = Duration.ofSeconds(5);
  private static final Duration LOOK_EACH = Duration.ofMillis(100);

  /** For what was captured before the source went away: as a whole, and without any progress. */
  private static final Duration FINISH_WITHIN = Duration.ofSeconds(60);

  static final String CAPTURED_DETAIL = "the source is away: applies what was captured of it";
  private static final Duration PROGRESS_WITHIN = Duration.ofSeconds(5);
  private static final Duration FINISH_LOOK_EACH = Duration.ofMillis(20);

  private final PipelineSettings settings;
  private final PipelineMetrics metrics;
  private final PairWatch checks;
  private final StallClock stalls = new StallClock();
  private final Throttles throttles;
  private final Thread thread;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile State state = State.STARTING;
  private volatile String detail = "";
  private volatile boolean loading;
  private volatile Optional<Gtid> standsAt = Optional.empty();
  private final BeatLedger beats = BeatLedger.from(Instant.now());
  private volatile Supplier<Optional<String>> underWay = Optional::empty;

  private Pipeline(PipelineSettings settings, MeterRegistry registry) {
    this.settings = settings;
    this.metrics =
        new PipelineMetrics(
            registry, settings.source().cell(), settings.target().cell(), this::status);
    this.checks =
        PairWatch.start(settings.source(), settings.target(), settings.carried(), this::stalledFor);
    this.throttles =
        new Throttles(settings.throttling(), settings.source(), settings.target(), registry);
    metrics.flow().watch(checks::warnings, checks::retentionLeft);
    this.thread = new Thread(this::run, "pipeline-" + settings.name());
    this.thread.setDaemon(true);
  }

  /** Starts a pipeline; it comes up in its own time, see {@link #status}. */
  public static Pipeline start(PipelineSettings settings, MeterRegistry registry) {
    Pipeline pipeline = new Pipeline(settings, registry);
    pipeline.thread.start();
    return pipeline;
  }

  /** {@code source-target}. */
  public String name() {
    return settings.name();
  }

  /** What it does now. */
  public PipelineStatus status() {
    Optional<Duration> lag = beats.lag(System.nanoTime());
    State now = state;
    Optional<String> large = underWay.get();
    if (now == State.CATCHING_UP
        && large.isEmpty()
        && beats.caughtUp()
        && lag.orElse(Duration.ZERO).compareTo(BEHIND) < 0) {
      now = State.STREAMING;
    }
    if (loading && now != State.BROKEN && now != State.STOPPED) {
      now = State.LOADING; // whatever else it does: the target is not yet a cell like any other
    }
    return metrics.status(
        settings.source().cell(),
        settings.target().cell(),
        now,
        large.orElse(detail),
        lag.map(Duration::toMillis),
        checks.warnings());
  }

  private void run() {
    Duration pause = FIRST_PAUSE;
    while (!isStopping()) {
      long startedAt = System.nanoTime();
      try {
        runOnce();
      } catch (ReplicationHaltedException e) {
        standsAt = e.standsAt();
        stalls.look(false, System.nanoTime());
        boolean held = e.reason() == ReplicationHaltedException.Reason.LOAD_HELD;
        become(
            held ? State.LOADING : State.BROKEN,
            (loading ? PipelineStatus.LOADING_DETAIL : "") + e.getMessage());
        pause = settings.haltedPause();
      } catch (InterruptedException e) {
        break;
      } catch (SQLException | RuntimeException e) {
        become(State.STARTING, "tries again: " + StreamStart.firstLine(e));
        LOG.debug("{}: failed", name(), e);
        boolean ran = System.nanoTime() - startedAt > LONGEST_PAUSE.toNanos();
        pause = ran || pause.compareTo(LONGEST_PAUSE) > 0 ? FIRST_PAUSE : pause.multipliedBy(2);
        pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
      }
      if (awaitStop(pause)) {
        break;
      }
    }
    become(State.STOPPED, "");
  }

  private void become(State next, String why) {
    if (next != state || !why.equals(detail)) {
      LOG.info("{}: {}{}", name(), next, why.isEmpty() ? "" : ", " + why);
    }
    detail = why;
    state = next;
  }

  /** Empty unless it is for longer than it may take. */
  private Optional<Duration> stalledFor() {
    return stalls
        .stalledFor(System.nanoTime())
        .filter(time -> time.compareTo(settings.patience().targetStalled()) > 0);
  }

  /** Not logged: it changes with every few rows. */
  private void tellLoad(String progress) {
    if (state != State.LOADING) {
      become(State.LOADING, progress);
    }
    detail = progress;
  }

  private void runOnce() throws SQLException, InterruptedException {
    StreamStart ends = new StreamStart(settings);
    try (LoadWatch load =
        LoadWatch.start(settings.source(), settings.target(), ends.connectTarget())) {
      loading = load.isUnderWay();
      ends.requireSettings();
      GtidSet window = load.copy(throttles, this::tellLoad, this::isStopping);
      stream(load, ends, ends.position(window));
    }
  }

  private void stream(LoadWatch load, StreamStart ends, StreamStart.Begin begin)
      throws SQLException, InterruptedException {
    StartPosition start = begin.position();
    LOG.info("{}: reads on from {}", name(), start.from());
    try (TargetApplier applier =
        TargetApplier.start(
            name(),
            settings.target(),
            start,
            settings.applying(),
            settings.haltedPause(),
            settings.sourceLog(),
            this::done)) {
      Heard heard = new Heard();
      Capture capture = ends.capture(begin, heard, applier);
      try (HeartbeatWriter writer =
          HeartbeatWriter.start(
              settings.source(), settings.target().cell(), beats, settings.heartbeatPeriod())) {
        underWay = applier::detail;
        become(State.CATCHING_UP, "");
        watch(capture, heard, applier, load);
      } finally {
        underWay = Optional::empty;
        beats.runEnded(System.nanoTime());
        applier.close(); // first: what is under way ends, what waits is dropped
        capture.close();
        metrics.flow().ended();
      }
    }
  }

  private void watch(Capture capture, Heard heard, TargetApplier applier, LoadWatch load)
      throws SQLException, InterruptedException {
    CompletableFuture<Object> either = CompletableFuture.anyOf(capture.ended(), applier.ended());
    while (!isStopping()) {
      try {
        either.get(LOOK_EACH.toMillis(), TimeUnit.MILLISECONDS);
        applyCaptured(applier);
        throw new SQLException("the capture of " + settings.source() + " ended");
      } catch (TimeoutException stillRunning) {
        checks.requireSettings();
        requireSource(heard);
        ApplyLoad now = applier.load();
        metrics.sample(now);
        Optional<String> refused = applier.refused();
        stalls.look(now.pending() > 0 && refused.isEmpty(), System.nanoTime());
        Optional<String> progress = load.look();
        loading = load.isUnderWay();
        tellRefused(refused);
        if (refused.isEmpty()) {
          progress.ifPresent(text -> detail = text);
        }
      } catch (ExecutionException e) {
        applyCaptured(applier);
        throw failure(applier.ended().isCompletedExceptionally(), e);
      }
    }
  }

  /**
   * The source has gone, maybe for good, and nobody else may have what was read from it: it is
   * applied all the same, for as long as that makes progress.
   */
  private void applyCaptured(TargetApplier applier) {
    long now = System.nanoTime();
    long deadline = now + FINISH_WITHIN.toNanos();
    long progressUntil = now + PROGRESS_WITHIN.toNanos();
    int pending = applier.load().pending(); // whole ones: what is applied in parts is not all read
    if (pending > 0) {
      become(state, CAPTURED_DETAIL);
    }
    while (pending > 0
        && !applier.ended().isDone()
        && now - deadline < 0
        && now - progressUntil < 0
        && !awaitStop(FINISH_LOOK_EACH)) {
      metrics.sample(applier.load());
      now = System.nanoTime();
      int left = applier.load().pending();
      if (left < pending) {
        progressUntil = now + PROGRESS_WITHIN.toNanos();
      }
      pending = left;
    }
    if (pending > 0 && !isStopping()) {
      LOG.warn("{}: {} captured transactions are not applied", name(), pending);
    }
  }

  /** Part of it stands still, which is reason enough not to switch over it. */
  private void tellRefused(Optional<String> refused) {
    if (refused.isPresent()) {
      become(State.BROKEN, (loading ? PipelineStatus.LOADING_DETAIL : "") + refused.get());
    } else if (state == State.BROKEN) {
      become(State.CATCHING_UP, "");
    }
  }

  /** Whatever waits at the target: a source that is well shows each beat soon after its writing. */
  private void requireSource(Heard heard) throws SQLException {
    Duration limit = settings.patience().sourceSilent();
    long now = System.nanoTime();
    Duration silence = heard.silence(now).orElse(Duration.ZERO);
    Duration beatOnItsWay = beats.onItsWay(now).orElse(Duration.ZERO);
    if (silence.compareTo(limit) > 0 && beatOnItsWay.compareTo(limit) > 0) {
      String why =
          "source " + settings.source() + ": nothing heard for " + silence.toSeconds() + " s";
      become(State.STARTING, "tries again: " + why); // closing what is dead takes some seconds
      throw new SQLException(why);
    }
  }

  private SQLException failure(boolean atTarget, Throwable failed) {
    Throwable root = failed;
    boolean away = atTarget;
    for (Throwable cause = failed; cause != null; cause = cause.getCause()) {
      if (cause instanceof ReplicationHaltedException halted) {
        throw halted;
      }
      away |= cause instanceof TargetAwayException;
      root = cause;
    }
    CellDatabase cell = away ? settings.target() : settings.source();
    return new SQLException(
        (away ? "target " : "source ") + cell + ": " + StreamStart.firstLine(root), failed);
  }

  private void done(SourceTransaction transaction, Outcome outcome) {
    stalls.committed(System.nanoTime());
    metrics.done(transaction, outcome);
    metrics.flow().applied(outcome, transaction.committedAt(), checks.sourceAhead());
    if (transaction.schemaChange()) {
      checks.schemaChanged();
    }
    for (RowChange change : transaction.changes()) {
      if (change.table().equals(FrameworkTables.HEARTBEAT)) {
        change.images().forEach(this::beatArrived);
      }
    }
  }

  private void beatArrived(io.homecell.sync.capture.Row image) {
    if (image.value("source_cell").filter(settings.source().cell()::equals).isPresent()
        && image.value("target_cell").filter(settings.target().cell()::equals).isPresent()
        && image.value("beat").orElse(0L) instanceof Long beat) {
      beats.arrived(beat, System.nanoTime()).ifPresent(metrics.flow()::beatArrived);
    }
  }

  /**
   * Carries out what a person has decided; the pipeline sees it at its next try.
   *
   * @return the statement, in short
   * @throws SchemaDecision.Refused if the pipeline does not stand there, or a server said no
   */
  String settle(SchemaDecision decision) throws SchemaDecision.Refused {
    Gtid gtid = decision.gtid();
    Optional<Gtid> stands = standsAt;
    if (!stands.equals(Optional.of(gtid))) {
      throw new SchemaDecision.Refused(
          name()
              + stands.map(other -> " stands at " + other).orElse(" stands at no statement")
              + " (asked for: "
              + gtid
              + ")");
    }
    try (Connection target = settings.target().open();
        SchemaApplier applier = new SchemaApplier(settings.target())) {
      if (StartPosition.executed(target).contains(gtid)) {
        throw new SchemaDecision.Refused(settings.target() + " has executed " + gtid + " already");
      }
      if (decision.action() == SchemaDecision.Action.SKIP) {
        applier.skip(gtid);
        return "";
      }
      SchemaStatement statement = settings.sourceLog().read(gtid);
      applier.apply(statement);
      return statement.brief();
    } catch (SQLException | ReplicationHaltedException e) {
      throw new SchemaDecision.Refused(gtid + " is not executed: " + StreamStart.firstLine(e));
    }
  }

  private boolean isStopping() {
    return stopping.getCount() == 0;
  }

  private boolean awaitStop(Duration atMost) {
    try {
      return stopping.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Begins to stop, without waiting. */
  public void stop() {
    stopping.countDown();
  }

  /** Stops: the transactions under way are finished, those that wait are read again next time. */
  @Override
  public void close() {
    stop();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    checks.close();
    metrics.close();
  }
}
