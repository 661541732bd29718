package io.homecell.sync.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.sync.apply.Outcome.Kind;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies one transaction statement by statement: the rare way, when it is stranded or a row is not
 * as the source had it. The owner's image wins then, since nobody else may write its rows; each
 * such row is counted and logged, for it should never happen.
 *
 * <p>A row without a key has no owner's image to win over: which row of the target has drifted from
 * it can't be told. A change that does not find it is refused by name, and never left out.
 */
final class CarefulApply {
  private static final Logger LOG = LoggerFactory.getLogger(CarefulApply.class);

  private static final int CURRENT_ROWS_MAX = 1_000;

  private final Connection connection;
  private final TableShapes shapes;

  CarefulApply(Connection connection, TableShapes shapes) {
    this.connection = connection;
    this.shapes = shapes;
  }

  Outcome apply(Plan plan, Optional<String> origin) throws SQLException {
    SourceTransaction transaction = plan.transaction();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET GTID_NEXT = '" + transaction.gtid() + "'");
      statement.execute("BEGIN");
      boolean owned = ownsGtid(statement);
      Verdict verdict =
          Verdict.of(owned, origin, plan.slots(), lockedOwners(statement, plan.slots()));
      Outcome outcome;
      if (verdict instanceof Verdict.Skip) {
        outcome = new Outcome(Kind.SKIPPED, 0, 0);
      } else if (verdict instanceof Verdict.Strand strand) {
        statement.execute(
            strand(
                transaction.gtid(),
                origin.orElseThrow(),
                plan.slots(),
                transaction.committedAt(),
                StrandedJson.write(
                    plan.changes(), currentRows(statement, plan.changes(), shapes), shapes)));
        outcome = new Outcome(Kind.STRANDED, 0, 0);
        LOG.warn(
            "{} of {} is stranded: slots are owned by {} now; kept in homecell.hc_stranded",
            transaction.gtid(),
            origin.orElseThrow(),
            strand.owners());
      } else {
        int conflicts = 0;
        for (RowChange change : plan.changes()) {
          if (!applied(statement, change)) {
            conflicts++;
            LOG.warn(
                "{}: conflict at {}, the owner's row wins: {}",
                transaction.gtid(),
                change.table(),
                key(change));
          }
        }
        outcome = new Outcome(Kind.APPLIED, plan.changes().size(), conflicts);
      }
      statement.execute("COMMIT");
      statement.execute("SET GTID_NEXT = 'AUTOMATIC'");
      return outcome;
    } catch (SQLException | RuntimeException e) {
      rollBack();
      throw e;
    }
  }

  /** False exactly if the server has executed the identifier already. */
  static boolean ownsGtid(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT @@session.gtid_owned")) {
      row.next();
      String owned = row.getString(1);
      return owned != null && !owned.isBlank();
    }
  }

  private static Map<Integer, String> lockedOwners(Statement statement, Set<Integer> slots)
      throws SQLException {
    Map<Integer, String> owners = new HashMap<>();
    if (!slots.isEmpty()) {
      try (ResultSet rows = statement.executeQuery(TransactionSql.selectOwners(slots))) {
        while (rows.next()) {
          owners.put(rows.getInt(1), rows.getString(2));
        }
      }
    }
    return owners;
  }

  private void rollBack() {
    try (Statement statement = connection.createStatement()) {
      statement.execute("ROLLBACK");
      statement.execute("SET GTID_NEXT = 'AUTOMATIC'");
    } catch (SQLException e) {
      LOG.debug("rolling back: {}", e.toString());
    }
  }

  /** Each changed row as it is here now, next to what the stranded transaction made of it. */
  static List<JsonNode> currentRows(
      Statement statement, List<RowChange> changes, TableShapes shapes) throws SQLException {
    List<JsonNode> current = new ArrayList<>();
    for (RowChange change : changes) {
      if (current.size() == CURRENT_ROWS_MAX) {
        break;
      }
      StringBuilder sql = new StringBuilder("SELECT * FROM ").append(change.table().quoted());
      RowStatements.where(
          sql, change.images().findFirst().orElseThrow(), shapes.of(change.table()));
      try (ResultSet row = statement.executeQuery(sql.toString())) {
        current.add(StrandedJson.current(row));
      }
    }
    return current;
  }

  /** The statement that keeps a stranded transaction, unless a third cell has given it already. */
  static String strand(
      Gtid gtid, String origin, Set<Integer> slots, Instant committedAt, String changes) {
    StringBuilder sql = new StringBuilder("INSERT INTO ").append(FrameworkTables.STRANDED.quoted());
    sql.append(" (gtid, source_cell, slots, committed_at, changes) VALUES (");
    SqlLiteral.append(sql, gtid.toString());
    sql.append(',');
    SqlLiteral.append(sql, origin);
    sql.append(',');
    SqlLiteral.append(sql, slots.toString());
    sql.append(',');
    SqlLiteral.append(sql, LocalDateTime.ofInstant(committedAt, ZoneOffset.UTC));
    sql.append(',');
    SqlLiteral.append(sql, changes);
    return sql.append(") ON DUPLICATE KEY UPDATE gtid = gtid").toString();
  }

  /** Whether the row was as the source had it. */
  boolean applied(Statement statement, RowChange change) throws SQLException {
    StringBuilder sql = new StringBuilder();
    if (FrameworkTables.isReplicated(change.table())) {
      TransactionSql.appendFramework(sql, change, shapes);
      if (!sql.isEmpty()) {
        statement.execute(sql.toString());
      }
      return true;
    }
    TableShape shape = shapes.of(change.table());
    RowStatements.append(sql, change, shape);
    if (shape.wholeRow().isPresent()) {
      requireFound(statement.executeUpdate(sql.toString()), change);
      return true;
    }
    try {
      if (statement.executeUpdate(sql.toString()) == 1) {
        return true;
      }
    } catch (SQLException e) {
      if (!SqlErrors.isDuplicate(e)) {
        throw e;
      }
    }
    if (change instanceof RowChange.Insert insert) {
      put(statement, insert.after(), shape);
    } else if (change instanceof RowChange.Update update) {
      if (!sameKey(update, shape)) {
        StringBuilder delete = new StringBuilder();
        RowStatements.delete(delete, update.before(), shape);
        statement.executeUpdate(delete.toString());
      }
      put(statement, update.after(), shape);
    }
    return false;
  }

  private void requireFound(int rows, RowChange change) {
    if (rows != 1) {
      throw new ReplicationHaltedException(
          Reason.TRANSACTION_REFUSED,
          change.table()
              + " has no key, and no row at the target is as the source had it: "
              + key(change)
              + "; put that row there (SET sql_log_bin=0), or leave the transaction out by an"
              + " empty one under its identifier");
    }
  }

  private static boolean sameKey(RowChange.Update update, TableShape shape) {
    return shape.primaryKey().stream()
        .allMatch(
            column ->
                update
                    .before()
                    .value(column)
                    .map(SqlLiteral::text)
                    .equals(update.after().value(column).map(SqlLiteral::text)));
  }

  /**
   * Puts an image in place of the row of its key, if there is one. Never in place of another: where
   * one has a value that only one row may have, the server refuses, and names the key.
   */
  private static void put(Statement statement, Row image, TableShape shape) throws SQLException {
    StringBuilder sql = new StringBuilder();
    RowStatements.update(sql, image, image, shape);
    if (statement.executeUpdate(sql.toString()) == 0) {
      sql.setLength(0);
      RowStatements.insert(sql, image, shape);
      statement.executeUpdate(sql.toString());
    }
  }

  String key(RowChange change) {
    return RowStatements.describe(
        change.images().findFirst().orElseThrow(), shapes.of(change.table()));
  }
}
