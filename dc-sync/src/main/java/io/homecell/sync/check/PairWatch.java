package io.homecell.sync.check;

import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.capture.ServerChecks;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.ReplicationHaltedException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at a pipeline's two servers for as long as it is open: every two seconds at what may not
 * change ({@link ServerChecks}) and at what changes all the time, each minute and after each schema
 * change at the tables and rights. One connection to each server.
 *
 * <p>Safe for any number of threads. Proven by {@code PairWatchIT}.
 */
public final class PairWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PairWatch.class);
  private static final Duration LOOK_EACH = Duration.ofSeconds(2);
  private static final long STRUCTURE_EACH_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final CellDatabase source;
  private final CellDatabase target;
  private final CarriedTables carried;
  private final Supplier<Optional<Duration>> stalled;
  private final Thread thread;
  private final CountDownLatch stopping = new CountDownLatch(1);
  private volatile boolean structureIsOld = true;
  private volatile List<String> ofPulse = List.of();
  private volatile List<String> ofStructure = List.of();
  private volatile Optional<Pulse> pulse = Optional.empty();
  private volatile Optional<ReplicationHaltedException> refusal = Optional.empty();
  private long structureReadAt;
  private boolean isStalled;
  private String trouble = "";
  private @Nullable Connection atSource;
  private @Nullable Connection atTarget;

  private PairWatch(
      CellDatabase source,
      CellDatabase target,
      CarriedTables carried,
      Supplier<Optional<Duration>> stalled) {
    this.source = source;
    this.target = target;
    this.carried = carried;
    this.stalled = stalled;
    this.thread = new Thread(this::run, "checks-" + source.cell() + "-" + target.cell());
    this.thread.setDaemon(true);
  }

  /**
   * Starts looking; a server that is away is looked at when it is back.
   *
   * @param stalled for how long the target has committed nothing, if that is too long
   */
  public static PairWatch start(
      CellDatabase source,
      CellDatabase target,
      CarriedTables carried,
      Supplier<Optional<Duration>> stalled) {
    PairWatch watch = new PairWatch(source, target, carried, stalled);
    watch.thread.start();
    return watch;
  }

  /** What to set before it does harm, each as {@code NAME: what; what to do}. */
  public List<String> warnings() {
    List<String> all = new ArrayList<>(ofPulse);
    all.addAll(ofStructure);
    return all;
  }

  /** How much longer the source keeps what the target lacks; empty if not known, or for ever. */
  public Optional<Duration> retentionLeft() {
    return pulse
        .filter(known -> !known.kept().isZero())
        .flatMap(known -> known.behind().map(behind -> known.kept().minus(behind)));
  }

  /** The source's clock, compared with that of this process; zero while it is not known. */
  public Duration sourceAhead() {
    return pulse.map(Pulse::sourceAhead).orElse(Duration.ZERO);
  }

  /**
   * Ends what must not go on.
   *
   * @throws ReplicationHaltedException if a server's settings have become such that changes would
   *     be lost or distorted; once, the next start of the pipeline looks by itself
   */
  public void requireSettings() {
    Optional<ReplicationHaltedException> found = refusal;
    refusal = Optional.empty();
    if (found.isPresent()) {
      throw found.get();
    }
  }

  /** Tables have changed: they are looked at next time. */
  public void schemaChanged() {
    structureIsOld = true;
  }

  private void run() {
    try {
      do {
        look();
      } while (!stopping.await(LOOK_EACH.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    disconnect();
  }

  private void look() {
    try {
      Connection there = atSource == null ? source.open() : atSource;
      atSource = there;
      Connection here = atTarget == null ? target.open() : atTarget;
      atTarget = here;
      look(there, here);
      trouble = "";
    } catch (SQLException | RuntimeException e) {
      if (!e.toString().equals(trouble)) {
        trouble = e.toString();
        LOG.info("{} and {} are not looked at: {}", source, target, trouble);
      }
      structureIsOld = true;
      pulse = Optional.empty();
      ofPulse = List.of();
      disconnect();
    }
  }

  private void look(Connection there, Connection here) throws SQLException {
    try {
      ServerChecks.requireTarget(target, here);
      ServerChecks.requireSource(source, there);
      refusal = Optional.empty();
    } catch (ReplicationHaltedException e) {
      refusal = Optional.of(e);
    }
    Pulse now = PairReader.pulse(source, there, here);
    pulse = Optional.of(now);
    List<String> warnings = new ArrayList<>(Warnings.of(source.cell(), target.cell(), now));
    Optional<Duration> nothingFor = stalled.get();
    if (nothingFor.isPresent()) {
      warnings.add(0, Warnings.of(target.cell(), nothingFor.get(), StallReader.read(here)));
    }
    tellStall(warnings.stream().filter(WarningName.TARGET_STALLED::names).findFirst());
    ofPulse = warnings;
    // while nothing is committed nothing changes; and a full disk has no room for what it would
    // take
    boolean due = structureIsOld || System.nanoTime() - structureReadAt > STRUCTURE_EACH_NANOS;
    if (due && nothingFor.isEmpty()) {
      structureIsOld = false; // before it is read: a change meanwhile is looked at again
      structureReadAt = System.nanoTime();
      List<String> found =
          Warnings.of(
              PairReader.structure(source, there, carried),
              PairReader.structure(target, here, carried));
      if (!found.equals(ofStructure)) {
        found.forEach(warning -> LOG.warn("{}-{}: {}", source.cell(), target.cell(), warning));
      }
      ofStructure = found;
    }
  }

  private void tellStall(Optional<String> warning) {
    if (warning.isPresent() != isStalled) {
      isStalled = warning.isPresent();
      LOG.warn(
          "{}-{}: {}",
          source.cell(),
          target.cell(),
          warning.orElse("the target commits again, or nothing waits for it"));
    }
  }

  private void disconnect() {
    for (Connection open : new Connection[] {atSource, atTarget}) {
      try {
        if (open != null) {
          open.close();
        }
      } catch (SQLException e) {
        LOG.debug("closing: {}", e.toString());
      }
    }
    atSource = null;
    atTarget = null;
  }

  @Override
  public void close() {
    stopping.countDown();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(1)); // it may wait for a server that is away
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
