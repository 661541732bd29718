package io.homecell.sync.apply;

import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.capture.SourceTransaction.Part;
import io.homecell.sync.capture.TransactionSink;
import io.homecell.sync.ddl.SchemaApplier;
import io.homecell.sync.ddl.SchemaChangeKind;
import io.homecell.sync.ddl.SchemaStatement;
import io.homecell.sync.ddl.SchemaStatements;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import io.homecell.sync.position.StartPosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

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
  private final GtidSet window;

  /**
   * What the target had at the start, what the source has never had, and what the capture has shown
   * since: without gaps, for the source's own.
   */
  private final GtidSet seen = new GtidSet();

  private final Connection metadata;
  private final Lanes lanes;
  private final SchemaStatements statements;
  private final SchemaApplier schemaApplier;
  private final Origins origins;
  private volatile boolean changingSchema;

  /** What is applied in parts just now. */
  private final AtomicReference<LargeTransaction> large = new AtomicReference<>();

  private volatile boolean closed;

  private TargetApplier(
      CellDatabase target,
      StartPosition start,
      Connection metadata,
      String name,
      Settings settings,
      Duration tryAgainEach,
      SchemaStatements statements,
      Listener listener)
      throws SQLException {
    this.target = target;
    this.statements = statements;
    this.schemaApplier = new SchemaApplier(target);
    this.sourceUuid = start.sourceUuid();
    this.listener = listener;
    this.origins = new Origins(target);
    this.metadata = metadata;
    this.known = start.executed();
    this.window = start.window();
    this.seen.addAll(known);
    this.seen.addAll(start.absent());
    this.lanes =
        Lanes.start(
            name,
            settings.lanes(),
            settings.pendingMax(),
            settings.pendingBytesMax(),
            tryAgainEach,
            target,
            shapes,
            origins,
            window,
            (plan, outcome) -> listener.done(plan.transaction(), outcome));
  }

  /**
   * Connects and starts the lanes.
   *
   * @param tryAgainEach how often a transaction is tried again that the target refuses
   */
  public static TargetApplier start(
      String name,
      CellDatabase target,
      StartPosition start,
      Settings settings,
      Duration tryAgainEach,
      SchemaStatements statements,
      Listener listener)
      throws SQLException {
    Connection metadata = target.open();
    try {
      return new TargetApplier(
          target, start, metadata, name, settings, tryAgainEach, statements, listener);
    } catch (SQLException | RuntimeException e) {
      metadata.close();
      throw e;
    }
  }

  @Override
  public void take(SourceTransaction transaction) throws InterruptedException {
    Gtid gtid = transaction.gtid();
    Optional<Plan> plan;
    try {
      seen.add(gtid); // whether or not the target has it by another way by now
      if (isExecuted(gtid)) {
        if (transaction.schemaChange()) {
          // another way brought it: what is known of the tables is old all the same
          lanes.awaitIdle();
          shapes.forget();
        }
        if (transaction.part() == Part.WHOLE || transaction.part() == Part.LAST) {
          listener.done(transaction, new Outcome(Outcome.Kind.SKIPPED, 0, 0));
        }
        return;
      }
      if (transaction.part() == Part.WHOLE || transaction.part() == Part.FIRST) {
        requireNoGapBefore(gtid);
      }
      if (transaction.schemaChange()) {
        requireOutsideOfWindow(gtid);
        changeSchema(transaction);
        plan = Optional.empty();
      } else if (transaction.part() != Part.WHOLE) {
        try {
          applyPart(transaction);
        } catch (ReplicationHaltedException e) {
          throw e.at(gtid);
        }
        return;
      } else {
        plan = Optional.of(plan(transaction));
      }
    } catch (SQLException e) {
      throw new TargetAwayException(target, e);
    }
    if (plan.isPresent()) {
      lanes.submit(plan.get());
    }
    known.add(gtid);
  }

  /** Applies a part behind everything before it, with nothing beside it; the last one commits. */
  private void applyPart(SourceTransaction part) throws SQLException, InterruptedException {
    LargeTransaction transaction = large.get();
    if (transaction == null) {
      lanes.awaitIdle();
      Optional<String> origin = origins.cellOf(part.gtid().uuid());
      transaction =
          LargeTransaction.begin(target, part.gtid(), origin, shapes, window.contains(part.gtid()));
      large.set(transaction);
    }
    if (closed) {
      transaction.close();
    }
    transaction.add(plan(part));
    if (part.part() == Part.LAST) {
      Outcome outcome = transaction.commit(part.committedAt());
      large.set(null);
      transaction.close();
      known.add(part.gtid());
      listener.done(part, outcome);
    }
  }

  /** What the target refuses now; empty if there is nothing. */
  public Optional<String> refused() {
    return lanes
        .parked()
        .map(
            parked ->
                parked.why().getMessage()
                    + "; what does not depend on it goes on"
                    + (parked.transactions() == 1
                        ? ""
                        : ", " + parked.transactions() + " in all are refused"));
  }

  /** What is to be told beyond the usual; empty if nothing is. */
  public Optional<String> detail() {
    return Optional.ofNullable(large.get())
        .map(
            transaction ->
                "applies a large transaction, "
                    + transaction.gtid()
                    + ": "
                    + transaction.rows()
                    + " rows so far");
  }

  /**
   * Runs the statement with nothing beside it: all before it is done, and nothing behind it is
   * looked at before it is done, since tables may look otherwise then.
   */
  private void changeSchema(SourceTransaction transaction)
      throws SQLException, InterruptedException {
    Gtid gtid = transaction.gtid();
    changingSchema = true;
    try {
      lanes.awaitIdle();
      SchemaStatement statement = statements.read(gtid);
      if (!transaction.changes().isEmpty()) {
        throw needsDecision(statement, "is not carried over, it fills the table that it makes");
      }
      Optional<String> refusal = refusal(statement);
      if (refusal.isPresent()) {
        throw needsDecision(statement, refusal.get());
      }
      run(statement);
      shapes.forget();
      listener.done(transaction, new Outcome(Outcome.Kind.APPLIED, 0, 0));
    } finally {
      changingSchema = false;
    }
  }

  /** What was copied before the statement and what was copied after it have different columns. */
  private void requireOutsideOfWindow(Gtid gtid) throws SQLException {
    if (window.contains(gtid)) {
      throw new ReplicationHaltedException(
          Reason.LOAD_DISTURBED,
          "the source changed a schema while it was copied: "
              + statements.read(gtid).brief()
              + "; start again with cellctl sync load --restart");
    }
  }

  private static Optional<String> refusal(SchemaStatement statement) {
    return SchemaChangeKind.of(statement.database(), statement.sql())
            instanceof SchemaChangeKind.Refused refused
        ? Optional.of("is not carried over, " + refused.why())
        : Optional.empty();
  }

  private void run(SchemaStatement statement) throws SQLException {
    try {
      schemaApplier.apply(statement);
    } catch (SQLException e) {
      if (!SqlErrors.isRefusal(e) || SqlErrors.isTransient(e)) {
        throw e;
      }
      throw needsDecision(
          statement,
          "is refused by the target: " + e.getMessage() + " (error " + e.getErrorCode() + ")");
    }
  }

  private static ReplicationHaltedException needsDecision(SchemaStatement statement, String why) {
    return new ReplicationHaltedException(
        Reason.SCHEMA_CHANGE,
        statement.gtid(),
        why
            + ": "
            + statement.brief()
            + "; decide with cellctl sync ddl apply|skip, or run it at the target under SET"
            + " GTID_NEXT='"
            + statement.gtid()
            + "'");
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
  private void requireNoGapBefore(Gtid gtid) throws SQLException {
    Optional<Gtid> gap =
        seen.firstGap(sourceUuid)
            .filter(missing -> gtid.uuid().equals(sourceUuid) && missing.number() < gtid.number());
    if (gap.isPresent()) {
      SchemaStatement statement = statements.read(gap.get());
      throw needsDecision(statement, refusal(statement).orElse("was not seen by the capture"));
    }
  }

  /** Completed, with the reason, when applying has failed. */
  public CompletableFuture<Void> ended() {
    return lanes.ended();
  }

  /** How many transactions are captured and not yet applied. */
  public int pending() {
    return lanes.pending() + (changingSchema || large.get() != null ? 1 : 0);
  }

  /** What is under way now, and what was waited for since the start. */
  public ApplyLoad load() {
    return lanes.load();
  }

  /** Lets the transactions under way end, and drops those that wait. */
  @Override
  public void close() {
    closed = true;
    schemaApplier.close();
    LargeTransaction transaction = large.get();
    if (transaction != null) {
      transaction.close();
    }
    lanes.close();
    try {
      metadata.close();
    } catch (SQLException e) {
      // nothing was under way on it
    }
  }
}
