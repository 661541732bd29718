package io.homecell.sync.stranded;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.homecell.core.json.Json;
import io.homecell.sync.position.CellDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The stranded transactions that one cell has kept, and the decisions on them.
 *
 * <p>A decision and its effect are one transaction: who repeats one finds it done. A replay is a
 * new transaction of this cell, made under the fence: the rows of its slots are held in share mode
 * and name this cell as owner, open, and its lease runs. So it reaches the others like any write.
 * It writes only where each row is as the stranded transaction had found it (one that it inserted:
 * not there), unless it is forced.
 *
 * <p>Safe for any number of threads.
 */
public final class StrandedTransactions {
  private static final int LISTED_MAX = 1_000;
  private static final int NAMED_MAX = 20;
  private static final int DUPLICATE_KEY = 1062;
  private static final String COLUMNS =
      "SELECT gtid, source_cell, slots, committed_at, recorded_at, state, decided_by, decided_at,"
          + " reason, undone_at, undo_waits, changes FROM homecell.hc_stranded";

  private final CellDatabase cell;

  public StrandedTransactions(CellDatabase cell) {
    this.cell = cell;
  }

  /** What is kept, oldest first; with its rows if one is asked for by its identifier. */
  public List<JsonNode> list(Optional<String> gtid) throws SQLException {
    List<JsonNode> all = new ArrayList<>();
    try (Connection connection = cell.open();
        PreparedStatement query =
            connection.prepareStatement(
                COLUMNS
                    + (gtid.isPresent() ? " WHERE gtid = ?" : "")
                    + " ORDER BY recorded_at LIMIT "
                    + LISTED_MAX)) {
      if (gtid.isPresent()) {
        query.setString(1, gtid.get());
      }
      try (ResultSet row = query.executeQuery()) {
        while (row.next()) {
          all.add(node(row, gtid.isPresent()));
        }
      }
    }
    return all;
  }

  /** Only the first changes of a large transaction are kept, behind a mark. */
  private static boolean isTruncated(JsonNode changes) {
    return changes.path(0).path("truncated").asBoolean();
  }

  private JsonNode node(ResultSet row, boolean whole) throws SQLException {
    ObjectNode node = Json.mapper().createObjectNode();
    node.put("gtid", row.getString("gtid"));
    node.put("sourceCell", row.getString("source_cell"));
    node.put("keptIn", cell.cell());
    node.set("slots", Json.read(row.getString("slots"), JsonNode.class));
    node.put("committedAt", row.getString("committed_at"));
    node.put("recordedAt", row.getString("recorded_at"));
    node.put("state", row.getString("state"));
    node.put("decidedBy", row.getString("decided_by"));
    node.put("decidedAt", row.getString("decided_at"));
    node.put("reason", row.getString("reason"));
    node.put("undoneAt", row.getString("undone_at"));
    node.put("undoWaits", row.getString("undo_waits"));
    JsonNode changes = Json.read(row.getString("changes"), JsonNode.class);
    Touched touched = Touched.by(changes);
    touched.users().forEach(node.putArray("users")::add);
    touched.operations().forEach(node.putArray("operations")::add);
    node.put("rows", isTruncated(changes) ? changes.path(0).path("rows").asLong() : changes.size());
    if (whole) {
      changes.forEach(change -> ((ObjectNode) change).remove("exact"));
      node.set("changes", changes);
    }
    return node;
  }

  /**
   * Makes the changes of a stranded transaction here, now.
   *
   * @throws StrandedRefusedException if they do not fit, or this cell may not write the rows
   */
  public void replay(Decision decision) throws SQLException, StrandedRefusedException {
    decide(decision, "REPLAYED");
  }

  /**
   * Records that a stranded transaction is given up.
   *
   * @throws StrandedRefusedException if there is none, or it has been replayed
   */
  public void discard(Decision decision) throws SQLException, StrandedRefusedException {
    if (decision.reason().isBlank()) {
      throw new IllegalArgumentException("reason: none (expected: why it is given up)");
    }
    decide(decision, "DISCARDED");
  }

  private void decide(Decision decision, String state)
      throws SQLException, StrandedRefusedException {
    // closing rolls back whatever was not committed
    try (Connection connection = cell.open();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';"
              + " SET SESSION innodb_lock_wait_timeout = 5; SET NAMES utf8mb4");
      statement.execute("BEGIN");
      JsonNode kept = lock(connection, decision.gtid());
      String found = kept.path("state").asText();
      if (found.equals(state)) {
        return;
      }
      if (!found.equals("OPEN")) {
        throw new StrandedRefusedException(
            decision.gtid() + " is " + found + " already, decided by " + kept.path("by").asText());
      }
      if (state.equals("REPLAYED")) {
        requireWhole(decision.gtid(), kept.path("changes"));
        requireOwner(statement, kept.path("slots"));
        replay(statement, decision, kept.path("changes"));
      }
      record(connection, decision, state);
      statement.execute("COMMIT");
    }
  }

  private JsonNode lock(Connection connection, String gtid)
      throws SQLException, StrandedRefusedException {
    try (PreparedStatement query =
        connection.prepareStatement(COLUMNS + " WHERE gtid = ? FOR UPDATE")) {
      query.setString(1, gtid);
      try (ResultSet row = query.executeQuery()) {
        if (!row.next()) {
          throw new StrandedRefusedException(
              cell.cell() + " has kept no stranded transaction " + gtid);
        }
        ObjectNode kept = Json.mapper().createObjectNode();
        kept.put("state", row.getString("state"));
        kept.put("by", row.getString("decided_by"));
        kept.set("slots", Json.read(row.getString("slots"), JsonNode.class));
        kept.set("changes", Json.read(row.getString("changes"), JsonNode.class));
        return kept;
      }
    }
  }

  private static void requireWhole(String gtid, JsonNode changes) throws StrandedRefusedException {
    if (isTruncated(changes)) {
      throw new StrandedRefusedException(
          gtid
              + " was too large to be kept whole ("
              + changes.path(0).path("rows").asLong()
              + " rows); carry over by hand what is to stay of it, and discard it");
    }
  }

  /** The fence, as the commit step of the services has it; held until the commit. */
  private void requireOwner(Statement statement, JsonNode slots)
      throws SQLException, StrandedRefusedException {
    List<String> others = new ArrayList<>();
    for (JsonNode slot : slots) {
      try (ResultSet row =
          statement.executeQuery(
              "SELECT owner, state FROM homecell.hc_slot WHERE slot = "
                  + slot.asInt()
                  + " FOR SHARE")) {
        boolean open =
            row.next() && row.getString(1).equals(cell.cell()) && row.getString(2).equals("OPEN");
        if (!open) {
          others.add(slot.asText());
        }
      }
    }
    if (!others.isEmpty()) {
      throw new StrandedRefusedException(
          cell.cell()
              + " may not write slots "
              + others
              + ": it does not own them, or they are"
              + " closed; move them here first");
    }
    try (ResultSet row =
        statement.executeQuery(
            "SELECT SYSDATE(6) < expires_at FROM homecell.hc_lease WHERE one = 1 FOR SHARE")) {
      if (!row.next() || !row.getBoolean(1)) {
        throw new StrandedRefusedException(
            cell.cell() + " has no lease; start its services, they renew it");
      }
    }
  }

  private static void replay(Statement statement, Decision decision, JsonNode changes)
      throws SQLException, StrandedRefusedException {
    List<String> conflicts = new ArrayList<>();
    for (JsonNode node : changes) {
      StoredChange change =
          StoredChange.of(node)
              .filter(one -> !one.table().schema().equals("homecell"))
              .orElseThrow(
                  () ->
                      new StrandedRefusedException(
                          decision.gtid()
                              + " was kept without exact values, or changes the framework's rows;"
                              + " it can only be discarded"));
      if (decision.force()) {
        if (!fits(statement, change)) {
          for (String sql : change.force()) {
            statement.executeUpdate(sql);
          }
          continue;
        }
        statement.executeUpdate(change.apply());
      } else if (!fits(statement, change) || !applied(statement, change)) {
        conflicts.add(name(node));
      }
    }
    if (!conflicts.isEmpty()) {
      throw new StrandedRefusedException(
          decision.gtid()
              + " does not fit: "
              + conflicts.size()
              + " rows are not as it had found them: "
              + String.join("; ", conflicts.subList(0, Math.min(NAMED_MAX, conflicts.size())))
              + (conflicts.size() > NAMED_MAX ? "; ..." : ""));
    }
  }

  /** Whether the row is as the transaction had found it; it is locked then. */
  private static boolean fits(Statement statement, StoredChange change) throws SQLException {
    if (change.keyless() && change.before().isEmpty()) {
      return true;
    }
    Optional<List<byte[]>> row = read(statement, change);
    if (change.keyless()) {
      return row.isPresent();
    }
    if (change.before().isEmpty() || row.isEmpty()) {
      return change.before().isEmpty() == row.isEmpty();
    }
    try {
      statement.executeUpdate(change.restore());
    } catch (SQLException e) {
      if (e.getErrorCode() == DUPLICATE_KEY) {
        return false;
      }
      throw e;
    }
    List<byte[]> restored = read(statement, change).orElseThrow();
    for (int i = 0; i < restored.size(); i++) {
      if (!Arrays.equals(restored.get(i), row.get().get(i))) {
        return false;
      }
    }
    return true;
  }

  private static Optional<List<byte[]>> read(Statement statement, StoredChange change)
      throws SQLException {
    try (ResultSet row = statement.executeQuery(change.select())) {
      if (!row.next()) {
        return Optional.empty();
      }
      List<byte[]> values = new ArrayList<>();
      for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
        values.add(row.getBytes(i));
      }
      return Optional.of(values);
    }
  }

  private static boolean applied(Statement statement, StoredChange change) throws SQLException {
    try {
      return statement.executeUpdate(change.apply()) == 1;
    } catch (SQLException e) {
      if (e.getErrorCode() == DUPLICATE_KEY) {
        return false;
      }
      throw e;
    }
  }

  private static String name(JsonNode change) {
    JsonNode image = change.has("before") ? change.path("before") : change.path("after");
    List<String> key = new ArrayList<>();
    change
        .path("key")
        .forEach(column -> key.add(column.asText() + "=" + image.path(column.asText()).asText()));
    return change.path("schema").asText()
        + "."
        + change.path("table").asText()
        + " "
        + String.join(" ", key);
  }

  private static void record(Connection connection, Decision decision, String state)
      throws SQLException {
    try (PreparedStatement update =
        connection.prepareStatement(
            "UPDATE homecell.hc_stranded SET state = ?, decided_by = ?,"
                + " decided_at = UTC_TIMESTAMP(6), reason = ? WHERE gtid = ?")) {
      update.setString(1, state);
      update.setString(2, decision.by());
      update.setString(3, (decision.force() ? "forced: " : "") + decision.reason());
      update.setString(4, decision.gtid());
      update.executeUpdate();
    }
  }
}
