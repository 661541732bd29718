package io.homecell.sync.apply;

import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.capture.TransactionSink;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import io.homecell.sync.position.StartPosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Takes the source's transactions in commit order and brings the target to the same state: drops
 * what the target has executed, whichever way it came there, and hands the rest to the lanes.
 *
 * <p>{@link #take} is for one thread.
 */
public final class TargetApplier implements TransactionSink, AutoCloseable {
  /**
   * How much is done at once.
   *
   * @param lanes connections that apply in parallel
   * @param pendingMax transactions captured and not yet applied
   * @param pendingBytesMax their memory
   */
  public record Settings(int lanes, int pendingMax, long pendingBytesMax) {}

  /** Told of every transaction, after the target has it for good. Any thread. */
  @FunctionalInterface
  public interface Listener {
    void done(SourceTransaction transaction, Outcome outcome);
  }

  private final CellDatabase target;
  private final String sourceUuid;
  private final Listener listener;
  private final TableShapes shapes = new TableShapes();
  private final GtidSet known;

  /** What is known, and what the source has never had: without gaps, for the source's own. */
  private final GtidSet seen = new GtidSet();

  private final Connection metadata;
  private final Lanes lanes;

  private TargetApplier(
      CellDatabase target,
      StartPosition start,
      Connection metadata,
      String name,
      Settings settings,
      Listener listener)
      throws SQLException {
    this.target = target;
    this.sourceUuid = start.sourceUuid();
    this.listener = listener;
    this.metadata = metadata;
    this.known = start.executed();
    this.seen.addAll(known);
    this.seen.addAll(start.absent());
    this.lanes =
        Lanes.start(
            name,
            settings.lanes(),
            settings.pendingMax(),
            settings.pendingBytesMax(),
            target,
            shapes,
            new Origins(target),
            (plan, outcome) -> listener.done(plan.transaction(), outcome));
  }

  /** Connects and starts the lanes. */
  public static TargetApplier start(
      String name, CellDatabase target, StartPosition start, Settings settings, Listener listener)
      throws SQLException {
    Connection metadata = target.open();
    try {
      return new TargetApplier(target, start, metadata, name, settings, listener);
    } catch (SQLException | RuntimeException e) {
      metadata.close();
      throw e;
    }
  }

  @Override
  public void take(SourceTransaction transaction) throws InterruptedException {
    Gtid gtid = transaction.gtid();
    Plan plan;
    try {
      if (isExecuted(gtid)) {
        listener.done(transaction, new Outcome(Outcome.Kind.SKIPPED, 0, 0));
        return;
      }
      requireNoGapBefore(gtid);
      plan = plan(transaction);
    } catch (SQLException e) {
      throw new TargetAwayException(target, e);
    }
    lanes.submit(plan);
    known.add(gtid);
  }

  private Plan plan(SourceTransaction transaction) throws SQLException {
    try {
      for (RowChange change : transaction.changes()) {
        if (!shapes.isKnown(change.table()) && !FrameworkTables.LOCAL.contains(change.table())) {
          shapes.load(metadata, change.table());
        }
      }
      return Plan.of(transaction, shapes);
    } catch (ReplicationHaltedException e) {
      throw e.at(transaction.gtid());
    }
  }

  /** A transaction of a third server, or of the target itself, may have come another way. */
  private boolean isExecuted(Gtid gtid) throws SQLException {
    if (!known.contains(gtid) && !gtid.uuid().equals(sourceUuid)) {
      known.addAll(StartPosition.executed(metadata));
    }
    return known.contains(gtid);
  }

  /**
   * A server writes its own transactions to its binlog in the order of their numbers. One that
   * never showed up changed something that capture doesn't see.
   */
  private void requireNoGapBefore(Gtid gtid) {
    seen.add(gtid);
    Optional<Gtid> gap =
        seen.firstGap(sourceUuid)
            .filter(missing -> gtid.uuid().equals(sourceUuid) && missing.number() < gtid.number());
    if (gap.isPresent()) {
      throw new ReplicationHaltedException(
          Reason.UNSEEN_TRANSACTION,
          gap.get()
              + " is a statement that is not carried over, such as one on users or grants; if the"
              + " target needs it, run it there under SET GTID_NEXT='"
              + gap.get()
              + "', else close it there with an empty transaction");
    }
  }

  /** Completed, with the reason, when applying has failed. */
  public CompletableFuture<Void> ended() {
    return lanes.ended();
  }

  /** How many transactions are captured and not yet applied. */
  public int pending() {
    return lanes.pending();
  }

  /** Lets the transactions under way end, and drops those that wait. */
  @Override
  public void close() {
    lanes.close();
    try {
      metadata.close();
    } catch (SQLException e) {
      // nothing was under way on it
    }
  }
}
