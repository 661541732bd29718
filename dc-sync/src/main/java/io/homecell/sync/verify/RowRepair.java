package io.homecell.sync.verify;

import io.homecell.sync.load.LoadedTable;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.verify.RepairedRow.Outcome;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes single rows of one cell as another has them, while both work.
 *
 * <p><b>Why the row is right.</b> It is locked in share mode where it is right, and read there;
 * then the other cell executes all that this one had, as in the proof of {@link TableComparison}.
 * While the lock stands nobody changes the row at its owner, so nothing that changes it is on its
 * way, and what is written is the newest state. Changes behind it find the row as their source had
 * it.
 *
 * <p><b>Why it goes nowhere else.</b> The change is a transaction of its own, under an identifier
 * that every other cell of the group closes with an empty transaction before this one commits: none
 * of them takes it over, where it would count as the write of a cell that does not own the row. If
 * that is cut short, the identifier ends empty here, too, by way of replication, and the row
 * differs as before. Copies of another group's rows are mended the same way: nobody but the center
 * writes them, and what is made here under an identifier of no server of the group goes to no other
 * group, see CopySink.
 *
 * <p>Tested by RepairIT and CopyTablesIT. For one thread.
 */
final class RowRepair implements AutoCloseable {
  private static final int REACHED_SECONDS = 2;
  private static final int LOCK_WAIT_TIMEOUT = 1205;
  private static final int DEADLOCK = 1213;

  private final Side from;
  private final Side to;
  private final Connection mending;
  private final List<CellDatabase> others;
  private final boolean copies;
  private final boolean deleting;
  private final boolean ahead;
  private final String uuid = UUID.randomUUID().toString();
  private long number;

  /** What was done, with words if it was not done. */
  record Done(Outcome outcome, String detail) {}

  /** The target is behind, for every row. */
  static final Done NOT_REACHED =
      new Done(Outcome.UNDECIDED, "the cells did not reach the same transactions in time");

  private RowRepair(
      Side from,
      Side to,
      Connection mending,
      List<CellDatabase> others,
      boolean copies,
      boolean deleting,
      boolean ahead) {
    this.from = from;
    this.to = to;
    this.mending = mending;
    this.others = others;
    this.copies = copies;
    this.deleting = deleting;
    this.ahead = ahead;
  }

  /**
   * Connects.
   *
   * @param others every cell of the target's group but {@code target}
   * @param copies whether {@code from} is of another group, and nothing goes from here to there
   * @param deleting whether rows are deleted that {@code from} does not have
   * @param ahead whether rows are mended without waiting until {@code target} is as far as {@code
   *     from}: where it is a row to be mended that stops it. What it executes later is whole rows
   *     in the order of their owner, the last of which is what is written now
   */
  static RowRepair open(
      Side from,
      Side to,
      CellDatabase target,
      List<CellDatabase> others,
      boolean copies,
      boolean deleting,
      boolean ahead)
      throws SQLException {
    Connection mending = target.open();
    try (Statement session = mending.createStatement()) {
      session.execute(
          "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';"
              + " SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;"
              + " SET SESSION innodb_lock_wait_timeout = 1; SET NAMES utf8mb4");
      return new RowRepair(from, to, mending, others, copies, deleting, ahead);
    } catch (SQLException | RuntimeException e) {
      mending.close();
      throw e;
    }
  }

  Done mend(ComparedTable table, LoadedTable stored, List<String> key) throws SQLException {
    number++;
    try {
      begin();
      Optional<List<@Nullable String>> right = from.lockStored(table, stored, key);
      if (!ahead && !to.has(copies ? from.markOfGroup() : from.mark(), REACHED_SECONDS)) {
        return NOT_REACHED;
      }
      Optional<List<@Nullable String>> wrong =
          Side.stored(mending, table, stored, key, " FOR UPDATE");
      if (right.equals(wrong)) {
        return new Done(Outcome.EQUAL, "");
      }
      Optional<String> foreign = foreignOwner(stored, right, wrong);
      if (foreign.isPresent()) {
        return new Done(Outcome.NOT_THE_OWNER, foreign.get());
      }
      if (right.isEmpty() && !deleting) {
        return new Done(Outcome.NOT_DELETED, from.cell() + " has no such row");
      }
      write(table, stored, key, right, wrong.isPresent());
      closeElsewhere();
      execute(mending, "COMMIT");
      return new Done(Outcome.MENDED, "");
    } catch (SQLException e) {
      if (e.getErrorCode() == LOCK_WAIT_TIMEOUT || e.getErrorCode() == DEADLOCK) {
        return new Done(Outcome.UNDECIDED, String.valueOf(e.getMessage()));
      } else if (e.getErrorCode() > 0 && mending.isValid(1)) {
        return new Done(Outcome.REFUSED, String.valueOf(e.getMessage()));
      }
      throw e;
    } finally {
      execute(mending, "ROLLBACK");
      execute(mending, "SET GTID_NEXT = 'AUTOMATIC'");
      from.unlock();
    }
  }

  private void begin() throws SQLException {
    execute(mending, "SET GTID_NEXT = '" + uuid + ":" + number + "'");
    execute(mending, "BEGIN");
  }

  /** Why this row is not for {@link #from} to say; empty if it is, or if it belongs to no slot. */
  private Optional<String> foreignOwner(
      LoadedTable stored,
      Optional<List<@Nullable String>> right,
      Optional<List<@Nullable String>> wrong)
      throws SQLException {
    List<String> slots = new ArrayList<>();
    right.flatMap(row -> stored.text(row, "slot")).ifPresent(slots::add);
    wrong.flatMap(row -> stored.text(row, "slot")).ifPresent(slots::add);
    for (String slot : slots) {
      try (PreparedStatement query =
          mending.prepareStatement("SELECT owner FROM homecell.hc_slot WHERE slot = ? FOR SHARE")) {
        query.setString(1, slot);
        try (ResultSet row = query.executeQuery()) {
          String owner = row.next() ? row.getString(1) : "nobody";
          if (!owner.equals(from.cell())) {
            return Optional.of("slot " + slot + " is owned by " + owner);
          }
        }
      }
    }
    return Optional.empty();
  }

  private void write(
      ComparedTable table,
      LoadedTable stored,
      List<String> key,
      Optional<List<@Nullable String>> right,
      boolean there)
      throws SQLException {
    if (right.isPresent() && !there) {
      execute(mending, stored.insert(right.get()));
      return;
    }
    String sql =
        right.map(stored::update).orElse("DELETE FROM " + stored.name().quoted())
            + " WHERE "
            + table.byKey();
    try (PreparedStatement statement = mending.prepareStatement(sql)) {
      for (int i = 0; i < key.size(); i++) {
        statement.setString(i + 1, key.get(i));
      }
      statement.executeUpdate();
    }
  }

  private void closeElsewhere() throws SQLException {
    for (CellDatabase other : others) {
      try (Connection connection = other.open()) {
        execute(connection, "SET GTID_NEXT = '" + uuid + ":" + number + "'");
        execute(connection, "BEGIN");
        execute(connection, "COMMIT");
        execute(connection, "SET GTID_NEXT = 'AUTOMATIC'");
      } catch (SQLException e) {
        throw new SQLException(
            other + " is away, and every cell of the group is needed: " + e.getMessage(), e);
      }
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.setEscapeProcessing(false);
      statement.execute(sql);
    }
  }

  /** The key of a row that a verification has named, in the key's order. */
  static List<String> keyOf(ComparedTable table, Map<String, String> named) {
    return table.key().stream()
        .map(
            column ->
                Optional.ofNullable(named.get(column))
                    .orElseThrow(() -> new IllegalArgumentException("no value of " + column)))
        .toList();
  }

  @Override
  public void close() {
    try {
      mending.close();
    } catch (SQLException e) {
      // nothing is under way on it
    }
  }
}
