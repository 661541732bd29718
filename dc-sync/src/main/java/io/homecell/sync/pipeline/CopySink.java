package io.homecell.sync.pipeline;

import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.capture.SourceTransaction.Part;
import io.homecell.sync.capture.TransactionSink;
import io.homecell.sync.ddl.SchemaChangeKind;
import io.homecell.sync.ddl.SchemaStatement;
import io.homecell.sync.ddl.SchemaStatements;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GroupServers;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import io.homecell.sync.position.StartPosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Makes of the source's transactions what they are in another group: of all that the source's own
 * group made, the rows of copy tables (the capture sees to that) and the schema changes of copy
 * services; everything else is an empty transaction under the same identifier. Two pipelines into
 * one group make the same of each, so that it does not matter which is first.
 *
 * <p>What other groups made stops here. The source may get copy tables from them, and has of their
 * transactions the copied rows only. Carried on under their identifiers, these would take the place
 * of the whole ones: a cell of the group that made them would lose all other rows of theirs.
 *
 * <p>For one thread. Tested by CopyTablesIT.
 */
final class CopySink implements TransactionSink {
  private static final Duration LOOK_EACH = Duration.ofSeconds(10);

  private final CellDatabase source;
  private final GroupServers servers;
  private final String sourceUuid;
  private final Set<String> schemas;
  private final SchemaStatements statements;
  private final TransactionSink sink;

  /** Without gaps, for the source's own. */
  private final GtidSet seen = new GtidSet();

  private final Set<String> others = new HashSet<>();
  private long lookedAt = System.nanoTime();

  /**
   * Before another sink.
   *
   * @param servers as they were when the position was read
   */
  CopySink(
      CellDatabase source,
      GroupServers servers,
      StartPosition start,
      Set<String> schemas,
      SchemaStatements statements,
      TransactionSink sink) {
    this.source = source;
    this.servers = servers;
    this.sourceUuid = start.sourceUuid();
    this.schemas = Set.copyOf(schemas);
    this.statements = statements;
    this.sink = sink;
    this.seen.addAll(start.executed());
    this.seen.addAll(start.absent());
  }

  @Override
  public void take(SourceTransaction transaction) throws InterruptedException {
    Gtid gtid = transaction.gtid();
    if (!servers.made(gtid)) {
      others.add(gtid.uuid());
      requireStillOthers();
      return;
    }
    seen.add(gtid);
    if (transaction.part() == Part.WHOLE || transaction.part() == Part.FIRST) {
      closeUnseenBefore(gtid);
    }
    boolean elsewhere =
        transaction.schemaChange() && transaction.changes().isEmpty() && !isCopies(gtid);
    sink.take(elsewhere ? empty(gtid, transaction.committedAt()) : transaction);
  }

  /** Statements that the capture does not show, such as those about users. */
  private void closeUnseenBefore(Gtid gtid) throws InterruptedException {
    if (!gtid.uuid().equals(sourceUuid)) {
      return;
    }
    Optional<Gtid> gap = seen.firstGap(sourceUuid).filter(g -> g.number() < gtid.number());
    while (gap.isPresent() && !isCopies(gap.get())) {
      seen.add(gap.get());
      sink.take(empty(gap.get(), Instant.now()));
      gap = seen.firstGap(sourceUuid).filter(g -> g.number() < gtid.number());
    }
  }

  private static SourceTransaction empty(Gtid gtid, Instant at) {
    return new SourceTransaction(gtid, at, List.of(), 0);
  }

  private boolean isCopies(Gtid gtid) {
    SchemaStatement statement;
    try {
      statement = statements.read(gtid);
    } catch (SQLException e) {
      throw away(e);
    }
    return switch (SchemaChangeKind.concern(statement, schemas)) {
      case WHOLLY -> true;
      case NOT -> false;
      case PARTLY ->
          throw new ReplicationHaltedException(
              Reason.SCHEMA_CHANGE,
              gtid,
              "does not concern the copy services "
                  + schemas
                  + " alone, or it can't be told: "
                  + statement.brief()
                  + "; decide with cellctl sync ddl apply|skip");
    };
  }

  /** A server that was replaced is named in {@code hc_server} later than its first transaction. */
  private void requireStillOthers() {
    if (System.nanoTime() - lookedAt < LOOK_EACH.toNanos()) {
      return;
    }
    lookedAt = System.nanoTime();
    try (Connection connection = source.open()) {
      Set<String> now = new HashSet<>(GroupServers.read(connection).uuids());
      now.retainAll(others);
      if (!now.isEmpty()) {
        throw new IllegalStateException(
            "the group of " + source + " has servers that are new: " + now + "; reads on anew");
      }
    } catch (SQLException e) {
      throw away(e);
    }
  }

  private IllegalStateException away(SQLException e) {
    return new IllegalStateException(source + " is away: " + e.getMessage(), e);
  }
}
