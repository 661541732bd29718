package io.homecell.sync.pipeline;

import io.homecell.core.topology.Topology;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.apply.TargetApplier;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.capture.TransactionAssembler;
import io.homecell.sync.ddl.SourceLog;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttling;
import java.time.Duration;
import java.util.SortedSet;

/**
 * One pipeline.
 *
 * @param carried which tables; of a pipeline to another group those of copy services alone
 * @param serverId under which the capture registers at the source; no other replica may use it
 * @param capture how the source is read
 * @param heartbeatPeriod between two beats at the source
 * @param haltedPause before a pipeline that stands still looks again
 * @param patience before a server counts as dead, or as stalled
 * @param throttling what a load of the target waits for
 */
public record PipelineSettings(
    CellDatabase source,
    CellDatabase target,
    CarriedTables carried,
    int serverId,
    Topology.Capture capture,
    Duration heartbeatPeriod,
    Duration haltedPause,
    TransactionAssembler.Limits transactionLimits,
    TargetApplier.Settings applying,
    Patience patience,
    Throttling throttling) {
  private static final Duration HEARTBEAT_PERIOD = Duration.ofMillis(500);
  private static final Duration HALTED_PAUSE = Duration.ofSeconds(5);
  private static final Patience PATIENCE =
      new Patience(Duration.ofSeconds(20), Duration.ofSeconds(10));
  private static final int LANES = 12;

  /** Between the server id of a pipeline's capture and that of its second reader. */
  private static final int LOG_READERS = 100_000_000;

  private static final int PENDING_MAX = 2_000;
  private static final long PENDING_BYTES_MAX = Runtime.getRuntime().maxMemory() / 8;

  /** A transaction above this is applied in parts as it comes: memory does not grow with it. */
  private static final int PART_ROWS_MAX = 10_000;

  private static final long PART_BYTES_MAX =
      Math.min(8 << 20, Runtime.getRuntime().maxMemory() / 32);

  /**
   * How long silence is borne.
   *
   * @param sourceSilent the source has shown nothing and a beat is under way: the connection to it
   *     is dead
   * @param targetStalled something waits, and the target, which answers, has committed nothing: a
   *     person is told
   */
  public record Patience(Duration sourceSilent, Duration targetStalled) {}

  /** With the usual capture and limits. */
  public static PipelineSettings of(CellDatabase source, CellDatabase target, int serverId) {
    return new PipelineSettings(
        source,
        target,
        new CarriedTables.AllBut(FrameworkTables.LOCAL),
        serverId,
        Topology.Capture.DEBEZIUM,
        HEARTBEAT_PERIOD,
        HALTED_PAUSE,
        new TransactionAssembler.Limits(PART_ROWS_MAX, PART_BYTES_MAX),
        new TargetApplier.Settings(LANES, PENDING_MAX, PENDING_BYTES_MAX),
        PATIENCE,
        Throttling.NONE);
  }

  /** The same with nothing but the tables of copy services, which are schemas of their names. */
  public PipelineSettings withCopiesOf(SortedSet<String> services) {
    return new PipelineSettings(
        source,
        target,
        new CarriedTables.Copies(services, FrameworkTables.HEARTBEAT),
        serverId,
        capture,
        heartbeatPeriod,
        haltedPause,
        transactionLimits,
        applying,
        patience,
        throttling);
  }

  /** The same with other limits above which a transaction is applied in parts. */
  public PipelineSettings withTransactionLimits(TransactionAssembler.Limits limits) {
    return new PipelineSettings(
        source,
        target,
        carried,
        serverId,
        capture,
        heartbeatPeriod,
        haltedPause,
        limits,
        applying,
        patience,
        throttling);
  }

  /** The same with another capture. */
  public PipelineSettings withCapture(Topology.Capture other) {
    return new PipelineSettings(
        source,
        target,
        carried,
        serverId,
        other,
        heartbeatPeriod,
        haltedPause,
        transactionLimits,
        applying,
        patience,
        throttling);
  }

  /** The same with another time between beats. */
  public PipelineSettings withHeartbeatPeriod(Duration period) {
    return new PipelineSettings(
        source,
        target,
        carried,
        serverId,
        capture,
        period,
        haltedPause,
        transactionLimits,
        applying,
        patience,
        throttling);
  }

  /** The same with another time before a pipeline that stands still looks again. */
  public PipelineSettings withHaltedPause(Duration pause) {
    return new PipelineSettings(
        source,
        target,
        carried,
        serverId,
        capture,
        heartbeatPeriod,
        pause,
        transactionLimits,
        applying,
        patience,
        throttling);
  }

  /** The same with other limits to silence. */
  public PipelineSettings withPatience(Patience other) {
    return new PipelineSettings(
        source,
        target,
        carried,
        serverId,
        capture,
        heartbeatPeriod,
        haltedPause,
        transactionLimits,
        applying,
        other,
        throttling);
  }

  /** The same with a load that waits for replication that is late. */
  public PipelineSettings withThrottling(Throttling other) {
    return new PipelineSettings(
        source,
        target,
        carried,
        serverId,
        capture,
        heartbeatPeriod,
        haltedPause,
        transactionLimits,
        applying,
        patience,
        other);
  }

  /** Where a statement of the source is read, beside the capture. */
  SourceLog sourceLog() {
    return new SourceLog(source, serverId + LOG_READERS);
  }

  /** {@code source-target}. */
  public String name() {
    return source.cell() + "-" + target.cell();
  }
}
