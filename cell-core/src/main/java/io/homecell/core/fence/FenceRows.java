package io.homecell.core.fence;

import io.homecell.core.fence.FenceRow.State;
import io.homecell.core.slot.SlotRange;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.BiFunction;

/**
 * The fence rows of one cell's database, as the control plane changes them.
 *
 * <p>Invariants upheld: the epoch of a row never falls, whoever is late; a change is made to all
 * the rows asked for or to none; making it again has no effect. Closing waits for the commits that
 * hold the rows in share mode, and shuts out the ones behind it: when {@link #close} returns, no
 * further transaction of these slots can commit here.
 *
 * <p>Works on a connection of the administration user that the caller owns and bounds (connect and
 * socket timeouts). Not safe for several threads.
 */
public final class FenceRows {
  /**
   * How long a change waits for the commits in flight; a commit holds its rows for milliseconds.
   */
  static final int LOCK_WAIT_SECONDS = 3;

  private final Connection connection;

  private FenceRows(Connection connection) {
    this.connection = connection;
  }

  /** The fence rows behind a connection. */
  public static FenceRows over(Connection connection) {
    return new FenceRows(connection);
  }

  /** All rows, by slot. */
  public NavigableMap<Integer, FenceRow> readAll() throws SQLException {
    NavigableMap<Integer, FenceRow> rows = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet result =
            statement.executeQuery("SELECT slot, owner, epoch, state FROM homecell.hc_slot")) {
      while (result.next()) {
        FenceRow row = rowOf(result);
        rows.put(row.slot(), row);
      }
    }
    return rows;
  }

  /** The rows of some slots; slots that have none are left out. */
  public NavigableMap<Integer, FenceRow> read(Collection<Integer> slots) throws SQLException {
    NavigableMap<Integer, FenceRow> rows = readAll();
    rows.keySet().retainAll(slots);
    return rows;
  }

  /**
   * Closes slots of a cell: state CLOSED with the epoch before plus one.
   *
   * @param epochsBefore the epoch that each row must have now; a row that is closed already with
   *     that plus one is left as it is
   * @throws FenceConflictException if a row is anything else; nothing is changed
   */
  public void close(String cell, NavigableMap<Integer, Long> epochsBefore) throws SQLException {
    change(
        "UPDATE homecell.hc_slot SET epoch = ? + 1, state = 'CLOSED'"
            + " WHERE slot BETWEEN ? AND ? AND owner = ? AND epoch = ? AND state = 'OPEN'",
        epochsBefore,
        (statement, run) -> {
          statement.setLong(1, run.epoch());
          statement.setInt(2, run.slots().first());
          statement.setInt(3, run.slots().last());
          statement.setString(4, cell);
          statement.setLong(5, run.epoch());
        },
        (slot, epoch) -> FenceRow.closed(slot, cell, epoch + 1));
  }

  /**
   * Opens slots for a cell with new epochs, whoever owned them before.
   *
   * @param epochs the epoch that each row gets; every epoch now there must be lower, or the row
   *     must be as asked for already
   * @throws FenceConflictException if a row has a higher epoch, or the same with another owner or
   *     state; nothing is changed
   */
  public void open(String cell, NavigableMap<Integer, Long> epochs) throws SQLException {
    change(
        "UPDATE homecell.hc_slot SET owner = ?, epoch = ?, state = 'OPEN'"
            + " WHERE slot BETWEEN ? AND ? AND epoch < ?",
        epochs,
        (statement, run) -> {
          statement.setString(1, cell);
          statement.setLong(2, run.epoch());
          statement.setInt(3, run.slots().first());
          statement.setInt(4, run.slots().last());
          statement.setLong(5, run.epoch());
        },
        (slot, epoch) -> FenceRow.open(slot, cell, epoch));
  }

  /**
   * Whether every slot's row is closed by this owner with this epoch: the barrier of a planned move
   * has arrived.
   */
  public boolean areClosed(String owner, NavigableMap<Integer, Long> epochs) throws SQLException {
    for (Run run : runs(epochs)) {
      try (PreparedStatement statement =
          connection.prepareStatement(
              "SELECT COUNT(*) FROM homecell.hc_slot WHERE slot BETWEEN ? AND ?"
                  + " AND owner = ? AND epoch = ? AND state = 'CLOSED'")) {
        statement.setInt(1, run.slots().first());
        statement.setInt(2, run.slots().last());
        statement.setString(3, owner);
        statement.setLong(4, run.epoch());
        try (ResultSet result = statement.executeQuery()) {
          result.next();
          if (result.getInt(1) < run.slots().size()) {
            return false;
          }
        }
      }
    }
    return true;
  }

  private record Run(SlotRange slots, long epoch) {}

  @FunctionalInterface
  private interface Binder {
    void bind(PreparedStatement statement, Run run) throws SQLException;
  }

  private void change(
      String sql,
      NavigableMap<Integer, Long> epochs,
      Binder binder,
      BiFunction<Integer, Long, FenceRow> wanted)
      throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    connection.setAutoCommit(false);
    try (Statement settings = connection.createStatement()) {
      settings.execute("SET SESSION innodb_lock_wait_timeout = " + LOCK_WAIT_SECONDS);
      try (PreparedStatement statement = connection.prepareStatement(sql)) {
        for (Run run : runs(epochs)) {
          binder.bind(statement, run);
          statement.executeUpdate();
        }
      }
      List<String> conflicts = conflicts(epochs, wanted);
      if (!conflicts.isEmpty()) {
        throw new FenceConflictException(
            conflicts.size() + " fence rows are not as expected, first: " + conflicts.get(0));
      }
      connection.commit();
    } catch (SQLException | RuntimeException e) {
      rollback(e);
      throw e;
    } finally {
      if (!connection.isClosed()) {
        connection.setAutoCommit(autoCommit);
      }
    }
  }

  private void rollback(Exception cause) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      cause.addSuppressed(e);
    }
  }

  private List<String> conflicts(
      NavigableMap<Integer, Long> epochs, BiFunction<Integer, Long, FenceRow> wanted)
      throws SQLException {
    // The snapshot of this read is made after the update, so it shows what the update has met.
    Map<Integer, FenceRow> rows = readAll();
    List<String> conflicts = new ArrayList<>();
    epochs.forEach(
        (slot, epoch) -> {
          FenceRow expected = wanted.apply(slot, epoch);
          FenceRow found = rows.get(slot);
          if (!expected.equals(found)) {
            conflicts.add(
                (found == null ? "slot " + slot + " none" : found) + ", wanted " + expected);
          }
        });
    return conflicts;
  }

  private static FenceRow rowOf(ResultSet result) throws SQLException {
    return new FenceRow(
        result.getInt("slot"),
        result.getString("owner"),
        result.getLong("epoch"),
        State.valueOf(result.getString("state")));
  }

  private static List<Run> runs(NavigableMap<Integer, Long> epochs) {
    List<Run> runs = new ArrayList<>();
    epochs.forEach(
        (slot, epoch) -> {
          Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
          if (last != null && last.slots().last() + 1 == slot && last.epoch() == epoch) {
            runs.set(runs.size() - 1, new Run(new SlotRange(last.slots().first(), slot), epoch));
          } else {
            runs.add(new Run(new SlotRange(slot, slot), epoch));
          }
        });
    return runs;
  }
}
