package io.homecell.sync.stranded;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.json.Json;
import io.homecell.sync.position.CellDatabase;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * The rows of one cell's {@code hc_stranded}, as the rounds over them need them: what is open, what
 * is settled and still to be undone. Safe for any number of threads.
 */
final class StrandedStore {
  private static final int READ_MAX = 1_000;
  private static final int NOTE_CHARS_MAX = 1_000;
  private static final String COLUMNS =
      "gtid, source_cell, slots, committed_at, recorded_at, changes, state";

  private final CellDatabase cell;

  StrandedStore(CellDatabase cell) {
    this.cell = cell;
  }

  /** One that is kept, without its rows. */
  record Kept(String gtid, String sourceCell, SortedSet<Integer> slots, boolean lateToUndo) {
    Kept {
      slots = new TreeSet<>(slots);
    }
  }

  /** Those that nobody has decided on, in the order in which they were committed. */
  List<Kept> open() throws SQLException {
    // a number with more digits is the greater one
    return list("state = 'OPEN' ORDER BY committed_at, LENGTH(gtid), gtid");
  }

  /** Whether all that its server had committed before it is here, kept or applied. */
  boolean hasAllBefore(String gtid) throws SQLException {
    int colon = gtid.lastIndexOf(':');
    long number = Long.parseLong(gtid.substring(colon + 1));
    if (number == 1) {
      return true;
    }
    try (Connection connection = cell.open();
        PreparedStatement query =
            connection.prepareStatement("SELECT GTID_SUBSET(?, @@GLOBAL.gtid_executed)")) {
      query.setString(1, gtid.substring(0, colon) + ":1-" + (number - 1));
      try (ResultSet row = query.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    }
  }

  /** Each slot that an open one touches, however many there are, with one of those. */
  Map<Integer, String> undecided() throws SQLException {
    Map<Integer, String> undecided = new HashMap<>();
    try (Connection connection = cell.open();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT touched.slot, MIN(gtid) FROM homecell.hc_stranded,"
                    + " JSON_TABLE(slots, '$[*]' COLUMNS (slot INT PATH '$')) AS touched"
                    + " WHERE state = 'OPEN' GROUP BY touched.slot")) {
      while (row.next()) {
        undecided.put(row.getInt(1), row.getString(2));
      }
    }
    return undecided;
  }

  /** Those that were settled and whose changes still stand where they had been made. */
  List<Kept> toUndo() throws SQLException {
    return list("state <> 'OPEN' AND undone_at IS NULL ORDER BY decided_at");
  }

  /** Those of them that a person has settled. */
  List<Kept> toUndoByPeople() throws SQLException {
    return list(
        "state <> 'OPEN' AND undone_at IS NULL AND decided_by <> '"
            + StrandedRounds.POLICY
            + "' ORDER BY decided_at");
  }

  private List<Kept> list(String condition) throws SQLException {
    List<Kept> all = new ArrayList<>();
    try (Connection connection = cell.open();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT gtid, source_cell, slots, COALESCE(decided_at"
                    + " < UTC_TIMESTAMP(6) - INTERVAL 30 SECOND, FALSE)"
                    + " FROM homecell.hc_stranded WHERE "
                    + condition
                    + " LIMIT "
                    + READ_MAX)) {
      while (row.next()) {
        SortedSet<Integer> slots = new TreeSet<>();
        Json.read(row.getString(3), JsonNode.class).forEach(slot -> slots.add(slot.asInt()));
        all.add(new Kept(row.getString(1), row.getString(2), slots, row.getBoolean(4)));
      }
    }
    return all;
  }

  /** The changes of one, as they were kept. */
  JsonNode changes(String gtid) throws SQLException {
    try (Connection connection = cell.open();
        PreparedStatement query =
            connection.prepareStatement(
                "SELECT changes FROM homecell.hc_stranded WHERE gtid = ?")) {
      query.setString(1, gtid);
      try (ResultSet row = query.executeQuery()) {
        return Json.read(row.next() ? row.getString(1) : "[]", JsonNode.class);
      }
    }
  }

  /** Who owns some slots here. */
  Map<Integer, String> owners(SortedSet<Integer> slots) throws SQLException {
    Map<Integer, String> owners = new HashMap<>();
    if (slots.isEmpty()) {
      return owners;
    }
    String list = slots.toString().replace('[', '(').replace(']', ')');
    try (Connection connection = cell.open();
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT slot, owner FROM homecell.hc_slot WHERE slot IN " + list)) {
      while (row.next()) {
        owners.put(row.getInt(1), row.getString(2));
      }
    }
    return owners;
  }

  /** Every row is as its owner has it. */
  void undone(String gtid) throws SQLException {
    try (Connection connection = cell.open();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE homecell.hc_stranded SET undone_at = UTC_TIMESTAMP(6), undo_waits = NULL"
                    + " WHERE gtid = ? AND state <> 'OPEN'")) {
      update.setString(1, gtid);
      update.executeUpdate();
    }
  }

  /** Why it is not undone yet; written only if it has changed. */
  void waits(String gtid, String why) throws SQLException {
    try (Connection connection = cell.open();
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE homecell.hc_stranded SET undo_waits = ? WHERE gtid = ?"
                    + " AND NOT (undo_waits <=> ?)")) {
      String text = why.substring(0, Math.min(why.length(), NOTE_CHARS_MAX));
      update.setString(1, text);
      update.setString(2, gtid);
      update.setString(3, text);
      update.executeUpdate();
    }
  }

  /**
   * Gives an open one to another cell, which keeps it from then on. First it is there, then it goes
   * from here; cut short in between it is kept in both, and given again.
   */
  void handTo(StrandedStore other, String gtid) throws SQLException {
    try (Connection here = cell.open();
        PreparedStatement query =
            here.prepareStatement(
                "SELECT " + COLUMNS + " FROM homecell.hc_stranded WHERE gtid = ? FOR UPDATE")) {
      here.setAutoCommit(false);
      query.setString(1, gtid);
      try (ResultSet row = query.executeQuery()) {
        if (!row.next() || !row.getString("state").equals("OPEN")) {
          return;
        }
        other.take(row);
      }
      try (PreparedStatement delete =
          here.prepareStatement("DELETE FROM homecell.hc_stranded WHERE gtid = ?")) {
        delete.setString(1, gtid);
        delete.executeUpdate();
      }
      here.commit();
    }
  }

  private void take(ResultSet row) throws SQLException {
    try (Connection connection = cell.open();
        PreparedStatement insert =
            connection.prepareStatement(
                "INSERT IGNORE INTO homecell.hc_stranded ("
                    + COLUMNS
                    + ") VALUES (?,?,?,?,?,?,?)")) {
      for (int i = 1; i <= 7; i++) {
        insert.setString(i, row.getString(i));
      }
      insert.executeUpdate();
    }
  }
}
