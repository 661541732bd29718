package io.homecell.sync.verify;

import io.homecell.core.slot.SlotRange;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.load.LoadedTable;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GroupServers;
import io.homecell.sync.position.GtidSet;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One of the two cells that are compared: what is read there. For one thread. */
final class Side implements AutoCloseable {
  private static final String MARK =
      "INSERT INTO homecell.hc_heartbeat (source_cell, target_cell, beat, at)"
          + " VALUES (?, 'verify', 1, UTC_TIMESTAMP(6)) AS n"
          + " ON DUPLICATE KEY UPDATE beat = hc_heartbeat.beat + 1, at = n.at";
  private static final String COLUMNS =
      "SELECT c.table_schema, c.table_name, c.column_name, c.data_type"
          + " FROM information_schema.columns c JOIN information_schema.tables t"
          + " USING (table_schema, table_name) WHERE t.table_type = 'BASE TABLE' AND"
          + " c.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
          + " ORDER BY c.table_schema, c.table_name, c.column_name";
  private static final String KEYS =
      "SELECT table_schema, table_name, column_name FROM information_schema.statistics"
          + " WHERE index_name = 'PRIMARY' ORDER BY table_schema, table_name, seq_in_index";

  private final CellDatabase cell;
  private final Connection reading;
  private final Connection marking;

  private Side(CellDatabase cell, Connection reading, Connection marking) {
    this.cell = cell;
    this.reading = reading;
    this.marking = marking;
  }

  /** How many rows a slot has of a table, and the sum over them. */
  record Sum(long rows, String sum) {}

  /**
   * Connects.
   *
   * @param queryWithin bounds each query
   */
  static Side open(CellDatabase cell, Duration queryWithin) throws SQLException {
    Connection reading = cell.open();
    try {
      // whole tables are read: longer than the usual wait
      reading.setNetworkTimeout(Runnable::run, (int) queryWithin.plusSeconds(5).toMillis());
      try (Statement session = reading.createStatement()) {
        // repeatable read: a lock on a row that is missing keeps it missing
        session.execute(
            "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ;"
                + " SET SESSION innodb_lock_wait_timeout = 1, max_execution_time = "
                + queryWithin.toMillis());
      }
      return new Side(cell, reading, cell.open());
    } catch (SQLException | RuntimeException e) {
      reading.close();
      throw e;
    }
  }

  String cell() {
    return cell.cell();
  }

  /** Every table that is carried, by name; the beats apart, which never rest. */
  Map<String, ComparedTable> tables(CarriedTables carried) throws SQLException {
    Map<TableName, List<ComparedTable.Column>> columns = new HashMap<>();
    Map<TableName, List<String>> keys = new HashMap<>();
    try (Statement statement = reading.createStatement()) {
      try (ResultSet rows = statement.executeQuery(COLUMNS)) {
        while (rows.next()) {
          columns
              .computeIfAbsent(name(rows), any -> new ArrayList<>())
              .add(new ComparedTable.Column(rows.getString(3), rows.getString(4)));
        }
      }
      try (ResultSet rows = statement.executeQuery(KEYS)) {
        while (rows.next()) {
          keys.computeIfAbsent(name(rows), any -> new ArrayList<>()).add(rows.getString(3));
        }
      }
    }
    Map<String, ComparedTable> tables = new TreeMap<>();
    columns.forEach(
        (name, all) -> {
          if (carried.include(name) && !name.equals(FrameworkTables.HEARTBEAT)) {
            tables.put(
                name.toString(), new ComparedTable(name, all, keys.getOrDefault(name, List.of())));
          }
        });
    return tables;
  }

  private static TableName name(ResultSet rows) throws SQLException {
    return new TableName(rows.getString(1), rows.getString(2));
  }

  Map<Integer, Sum> sums(ComparedTable table, Optional<SlotRange> slots) throws SQLException {
    return sums(table.sums(slots));
  }

  /** The same, and from here to {@link #unlock} nobody changes a row, or inserts one. */
  Map<Integer, Sum> lockSums(ComparedTable table, Optional<SlotRange> slots) throws SQLException {
    try (Statement begin = reading.createStatement()) {
      begin.execute("BEGIN");
    }
    return sums(table.sums(slots) + " FOR SHARE");
  }

  private Map<Integer, Sum> sums(String query) throws SQLException {
    Map<Integer, Sum> sums = new TreeMap<>();
    try (Statement statement = reading.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        sums.put(rows.getInt(1), new Sum(rows.getLong(2), rows.getString(3)));
      }
    }
    return sums;
  }

  /** The hash of each row of some slots, by key. */
  Map<List<String>, String> hashes(ComparedTable table, List<Integer> slots, int part, int parts)
      throws SQLException {
    try (Statement statement = reading.createStatement();
        ResultSet rows = statement.executeQuery(table.hashes(slots, part, parts))) {
      return byKey(rows, table);
    }
  }

  /** The hash of each row of some keys; without those that are not there. */
  Map<List<String>, String> hashesOf(ComparedTable table, List<List<String>> keys)
      throws SQLException {
    try (PreparedStatement statement = reading.prepareStatement(table.hashesOf(keys.size()))) {
      int parameter = 0;
      for (List<String> key : keys) {
        for (String value : key) {
          statement.setString(++parameter, value);
        }
      }
      try (ResultSet rows = statement.executeQuery()) {
        return byKey(rows, table);
      }
    }
  }

  /** The keys of the rows that meet a condition. */
  List<List<String>> keysWhere(ComparedTable table, String condition) throws SQLException {
    List<List<String>> keys = new ArrayList<>();
    try (Statement statement = reading.createStatement()) {
      statement.setEscapeProcessing(false);
      try (ResultSet rows = statement.executeQuery(table.keysWhere(condition))) {
        while (rows.next()) {
          keys.add(texts(rows, table.key().size()));
        }
      }
    }
    return keys;
  }

  private static Map<List<String>, String> byKey(ResultSet rows, ComparedTable table)
      throws SQLException {
    Map<List<String>, String> hashes = new HashMap<>();
    int columns = table.key().size();
    while (rows.next()) {
      hashes.put(texts(rows, columns), rows.getString(columns + 1));
    }
    return hashes;
  }

  private static List<String> texts(ResultSet rows, int columns) throws SQLException {
    List<String> texts = new ArrayList<>(columns);
    for (int i = 1; i <= columns; i++) {
      texts.add(rows.getString(i));
    }
    return List.copyOf(texts);
  }

  /** The newest committed state of one row; empty if there is none. */
  Optional<List<String>> row(ComparedTable table, List<String> key) throws SQLException {
    return row(table.row(), table, key);
  }

  /**
   * The same, and from here to {@link #unlock} nobody changes it, or inserts it if it is missing.
   */
  Optional<List<String>> lockRow(ComparedTable table, List<String> key) throws SQLException {
    try (Statement begin = reading.createStatement()) {
      begin.execute("BEGIN");
    }
    return row(table.row() + " FOR SHARE", table, key);
  }

  /** The same, of all that is stored of it, see {@link LoadedTable}. */
  Optional<List<@Nullable String>> lockStored(
      ComparedTable table, LoadedTable stored, List<String> key) throws SQLException {
    try (Statement begin = reading.createStatement()) {
      begin.execute("BEGIN");
    }
    return stored(reading, table, stored, key, " FOR SHARE");
  }

  static Optional<List<@Nullable String>> stored(
      Connection connection,
      ComparedTable table,
      LoadedTable stored,
      List<String> key,
      String locking)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(stored.read() + " WHERE " + table.byKey() + locking)) {
      for (int i = 0; i < key.size(); i++) {
        statement.setString(i + 1, key.get(i));
      }
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return Optional.empty();
        }
        List<@Nullable String> texts = new ArrayList<>();
        for (int i = 1; i <= stored.columns().size(); i++) {
          texts.add(row.getString(i));
        }
        return Optional.of(texts);
      }
    }
  }

  void unlock() throws SQLException {
    try (Statement rollback = reading.createStatement()) {
      rollback.execute("ROLLBACK");
    }
  }

  private Optional<List<String>> row(String query, ComparedTable table, List<String> key)
      throws SQLException {
    try (PreparedStatement statement = reading.prepareStatement(query)) {
      for (int i = 0; i < key.size(); i++) {
        statement.setString(i + 1, key.get(i));
      }
      try (ResultSet row = statement.executeQuery()) {
        return row.next() ? Optional.of(texts(row, table.columns().size())) : Optional.empty();
      }
    }
  }

  /**
   * What this server has executed: at least every transaction whose effect has been read here
   * before. To see a transaction's rows is not enough for that, since a server shows them a moment
   * before it counts the transaction as executed. So one is committed here that comes behind them
   * all.
   */
  String mark() throws SQLException {
    try (PreparedStatement beat = marking.prepareStatement(MARK)) {
      beat.setString(1, cell.cell());
      beat.executeUpdate();
    }
    try (Statement statement = marking.createStatement();
        ResultSet row = statement.executeQuery("SELECT @@global.gtid_executed")) {
      row.next();
      return row.getString(1);
    }
  }

  /** The same, of what the servers of this cell's group made: nothing else goes to other groups. */
  String markOfGroup() throws SQLException {
    return GtidSet.parse(mark()).madeBy(GroupServers.read(marking).uuids()).toString();
  }

  /** Whether it has executed all of them, after a wait. */
  boolean has(String gtids, int withinSeconds) throws SQLException {
    try (PreparedStatement wait =
        marking.prepareStatement("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, ?)")) {
      wait.setString(1, gtids);
      wait.setInt(2, withinSeconds);
      try (ResultSet row = wait.executeQuery()) {
        return row.next() && row.getInt(1) == 0;
      }
    }
  }

  @Override
  public void close() {
    for (Connection connection : List.of(reading, marking)) {
      try {
        connection.close();
      } catch (SQLException alreadyBroken) {
        // nothing is under way on it
      }
    }
  }
}
