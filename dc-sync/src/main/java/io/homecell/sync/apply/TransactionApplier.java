package io.homecell.sync.apply;

import io.homecell.sync.apply.Outcome.Kind;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies transactions over one connection, each as one target transaction under the source's own
 * identifier.
 *
 * <p>The usual way is optimistic: take the identifier, lock the fence rows, change all rows in one
 * packet; then look at what the server said, and commit only if the origin owns the slots and every
 * statement met exactly one row. Anything else is rolled back and done again {@link CarefulApply
 * with care}. Whatever breaks in between, the identifier is either executed with everything or not
 * at all, so doing it again is always right.
 *
 * <p>For one thread.
 */
final class TransactionApplier implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TransactionApplier.class);
  private static final int TRIES_MAX = 20;
  private static final long PAUSE_MILLIS = 10;

  private final CellDatabase target;
  private final TableShapes shapes;
  private final Origins origins;
  private final Connection connection;
  private final Statement statement;

  private TransactionApplier(
      CellDatabase target, TableShapes shapes, Origins origins, Connection connection)
      throws SQLException {
    this.target = target;
    this.shapes = shapes;
    this.origins = origins;
    this.connection = connection;
    this.statement = connection.createStatement();
    // As the replication applier of MySQL: values as they are, zero included; no gap locks, which
    // would let lanes wait for each other.
    statement.execute(
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';"
            + " SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;"
            + " SET SESSION innodb_lock_wait_timeout = 5; SET NAMES utf8mb4");
  }

  static TransactionApplier open(CellDatabase target, TableShapes shapes, Origins origins)
      throws SQLException {
    Connection connection = target.open();
    try {
      return new TransactionApplier(target, shapes, origins, connection);
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Applies a transaction, or finds why not.
   *
   * @throws SQLException if the target is away; the outcome is then unknown, and applying again is
   *     safe
   * @throws ReplicationHaltedException if the target refuses it for good
   */
  Outcome apply(Plan plan) throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return applyOnce(plan);
      } catch (ReplicationHaltedException e) {
        throw e.at(plan.transaction().gtid());
      } catch (SQLException e) {
        if (!SqlErrors.isTransient(e) || attempt == TRIES_MAX) {
          if (SqlErrors.isRefusal(e)) {
            throw refused(plan, e);
          }
          throw e;
        }
        statement.execute(TransactionSql.ROLLBACK);
        Thread.sleep(PAUSE_MILLIS * attempt);
      }
    }
  }

  private Outcome applyOnce(Plan plan) throws SQLException {
    if (plan.changes().isEmpty()) {
      statement.execute(TransactionSql.empty(plan.transaction().gtid()));
      drain();
      return new Outcome(Kind.APPLIED, 0, 0);
    }
    Optional<String> origin =
        plan.slots().isEmpty()
            ? Optional.empty()
            : origins.cellOf(plan.transaction().gtid().uuid());
    Optional<Outcome> outcome = Optional.empty();
    try {
      outcome = optimistic(plan, origin);
    } catch (SQLException e) {
      if (SqlErrors.isTransient(e) || !SqlErrors.isRefusal(e)) {
        throw e;
      }
      LOG.info("{}: {} is applied with care: {}", target, plan.transaction().gtid(), e.toString());
    }
    if (outcome.isPresent()) {
      return outcome.get();
    }
    execute(TransactionSql.ROLLBACK);
    return new CarefulApply(connection, shapes).apply(plan, origin);
  }

  /** Empty if it has to be done with care. */
  private Optional<Outcome> optimistic(Plan plan, Optional<String> origin) throws SQLException {
    boolean first = true;
    Iterator<TransactionSql.Packet> packets = TransactionSql.packets(plan, shapes);
    while (packets.hasNext()) {
      TransactionSql.Packet packet = packets.next();
      if (packet.sql().isEmpty()) {
        continue; // nothing but deleted fence rows was left
      }
      statement.execute(packet.sql());
      if (first) {
        Verdict verdict = readVerdict(plan.slots(), origin);
        if (verdict instanceof Verdict.Skip) {
          execute(TransactionSql.ROLLBACK);
          return Optional.of(new Outcome(Kind.SKIPPED, 0, 0));
        } else if (verdict instanceof Verdict.Strand) {
          return Optional.empty();
        }
      }
      if (!countsAgree(packet.expected(), first)) {
        return Optional.empty();
      }
      first = false;
    }
    execute(TransactionSql.COMMIT);
    return Optional.of(new Outcome(Kind.APPLIED, plan.changes().size(), 0));
  }

  /** Reads the results of SET, BEGIN and the two queries, up to and with the last query. */
  private Verdict readVerdict(Set<Integer> slots, Optional<String> origin) throws SQLException {
    statement.getMoreResults(); // past SET: BEGIN
    statement.getMoreResults(); // the identifier
    boolean owned = readOwned(statement);
    Map<Integer, String> owners = Map.of();
    if (!slots.isEmpty()) {
      statement.getMoreResults();
      owners = readOwners(statement);
    }
    return Verdict.of(owned, origin, slots, owners);
  }

  static boolean readOwned(Statement statement) throws SQLException {
    try (ResultSet row = statement.getResultSet()) {
      row.next();
      String owned = row.getString(1);
      return owned != null && !owned.isBlank();
    }
  }

  static Map<Integer, String> readOwners(Statement statement) throws SQLException {
    Map<Integer, String> owners = new HashMap<>();
    try (ResultSet rows = statement.getResultSet()) {
      while (rows.next()) {
        owners.put(rows.getInt(1), rows.getString(2));
      }
    }
    return owners;
  }

  private boolean countsAgree(List<Integer> expected, boolean moveFirst) throws SQLException {
    boolean agree = true;
    boolean move = moveFirst;
    for (int rows : expected) {
      if (move) {
        statement.getMoreResults();
      }
      move = true;
      agree &= rows == TransactionSql.ANY || statement.getUpdateCount() == rows;
    }
    drain();
    return agree;
  }

  private void execute(String sql) throws SQLException {
    statement.execute(sql);
    drain();
  }

  private void drain() throws SQLException {
    while (statement.getMoreResults() || statement.getUpdateCount() != -1) {
      // only the errors matter, and they are thrown
    }
  }

  private static ReplicationHaltedException refused(Plan plan, SQLException e) {
    return new ReplicationHaltedException(
        Reason.TRANSACTION_REFUSED,
        plan.transaction().gtid()
            + " is refused by the target: "
            + e.getMessage()
            + " (error "
            + e.getErrorCode()
            + ")",
        e);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("closing {}: {}", target, e.toString());
    }
  }
}
