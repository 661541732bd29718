package io.homecell.sync.load;

import io.homecell.sync.capture.TableName;
import io.homecell.sync.load.Load.Phase;
import io.homecell.sync.load.LoadBook.Progress;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import io.homecell.sync.position.StartPosition;
import io.homecell.sync.throttle.Throttle;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies a cell's rows to an empty one while they change, from where the last worker got to.
 *
 * <p>Each part of a table is read at its own time, all after the position {@code from} and before
 * {@code until}. The target then stands at {@code from}, and everything up to {@code until} is
 * applied over the rows by {@link Load#window}: a row that changed meanwhile has its last whole
 * image there, one that did not was copied as it is. docs/decisions/0017 has the proof; LoadIT
 * shows it with writers at work and a worker that is killed.
 *
 * <p>For one thread. One worker at a time copies to a cell: it holds a lock of the connection by
 * which it writes.
 */
final class CellLoad implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CellLoad.class);
  private static final Duration STATEMENT_WITHIN = Duration.ofMinutes(10);
  private static final int WAIT_SECONDS = 30;
  private static final Duration REST = Duration.ofSeconds(2);
  private static final String MARK =
      "INSERT INTO homecell.hc_heartbeat (source_cell, target_cell, beat, at)"
          + " VALUES (?, 'load', 1, UTC_TIMESTAMP(6)) AS n"
          + " ON DUPLICATE KEY UPDATE beat = hc_heartbeat.beat + 1, at = n.at";

  private final CellDatabase sourceCell;
  private final CellDatabase targetCell;
  private final Connection source;
  private final Connection target;
  private final SourceTables tables;
  private final Consumer<String> says;
  private final BooleanSupplier stopping;

  private CellLoad(
      CellDatabase sourceCell,
      CellDatabase targetCell,
      Connection source,
      Connection target,
      Consumer<String> says,
      BooleanSupplier stopping)
      throws SQLException {
    this.sourceCell = sourceCell;
    this.targetCell = targetCell;
    this.source = source;
    this.target = target;
    this.tables = new SourceTables(source);
    this.says = says;
    this.stopping = stopping;
    source.setNetworkTimeout(Runnable::run, (int) STATEMENT_WITHIN.toMillis());
    target.setNetworkTimeout(Runnable::run, (int) STATEMENT_WITHIN.toMillis());
    try (Statement session = target.createStatement()) {
      // Values that a column of the same definition has held: none is refused, zero dates and
      // enumerations' error value included. Nothing of it goes to the binlog: the position stands
      // for it.
      session.execute(
          "SET SESSION sql_log_bin = 0; SET SESSION foreign_key_checks = 0;"
              + " SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'");
    }
    try (Statement session = source.createStatement()) {
      session.execute(
          "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; SET SESSION sql_mode = ''");
    }
  }

  /**
   * Connects.
   *
   * @param says told of its progress
   */
  static CellLoad open(
      CellDatabase sourceCell,
      CellDatabase targetCell,
      Consumer<String> says,
      BooleanSupplier stopping)
      throws SQLException {
    Connection target = targetCell.open();
    try {
      Connection source = sourceCell.open();
      try {
        return new CellLoad(sourceCell, targetCell, source, target, says, stopping);
      } catch (SQLException | RuntimeException e) {
        source.close();
        throw e;
      }
    } catch (SQLException | RuntimeException e) {
      target.close();
      throw e;
    }
  }

  /**
   * Goes on until every row is copied.
   *
   * @param throttle asked before each part
   * @throws InterruptedException if it is told to stop
   * @throws ReplicationHaltedException if a person has to do something first
   */
  void run(Throttle throttle) throws SQLException, InterruptedException {
    if (query(target, "SELECT GET_LOCK('homecell.load', 0)").equals("0")) {
      throw new ReplicationHaltedException(
          Reason.LOAD_HELD, "another worker copies to " + targetCell + "; this one waits");
    }
    Load load = load();
    if (load.phase() == Phase.PREPARING) {
      prepare(load);
      load = load();
    }
    if (load.phase() == Phase.COPYING) {
      FrameworkRows.copy(source, target);
      copy(load, throttle);
      standAtItsBegin(load);
    }
  }

  private Load load() throws SQLException {
    return LoadBook.read(target).orElseThrow(() -> new SQLException("the load is gone"));
  }

  private void prepare(Load load) throws SQLException, InterruptedException {
    tell("makes the tables");
    List<LoadedTable> all = tables.all();
    requireNone(tables.problems());
    makeSchemas(all);
    SourceTables here = new SourceTables(target);
    Set<TableName> present =
        new LinkedHashSet<>(here.all().stream().map(LoadedTable::name).toList());
    for (LoadedTable table : all) {
      requireNotStopping();
      if (present.contains(table.name())) {
        if (!load.empties() && here.hasRows(table.name())) {
          throw new ReplicationHaltedException(
              Reason.LOAD_HELD,
              table.name() + " at " + targetCell + " holds rows; cellctl sync load --restart");
        }
        execute(target, "DROP TABLE " + table.name().quoted());
      }
      execute(target, tables.definition(table.name()));
    }
    // Before the position is taken: from here on the cell knows who owns what, and writes nothing.
    FrameworkRows.copy(source, target);
    GtidSet from = sharedPosition();
    Map<TableName, Long> rows = new LinkedHashMap<>();
    for (LoadedTable table : all) {
      rows.put(table.name(), tables.rows(table.name()));
    }
    LoadBook.startCopying(target, load, from, rows);
  }

  private void makeSchemas(List<LoadedTable> all) throws SQLException {
    Set<String> schemas =
        new LinkedHashSet<>(all.stream().map(one -> one.name().schema()).toList());
    for (String schema : schemas) {
      boolean present =
          !query(
                  target,
                  "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = _utf8mb4 x'"
                      + java.util.HexFormat.of()
                          .formatHex(schema.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                      + "'")
              .equals("0");
      if (!present) {
        execute(target, tables.schemaDefinition(schema));
      }
    }
  }

  /**
   * What the source has executed, once that includes all that the target has: else a transaction of
   * the target's own would come back to it as known while its rows are gone.
   */
  private GtidSet sharedPosition() throws SQLException, InterruptedException {
    if (Long.parseLong(query(target, "SELECT COUNT(DISTINCT cell) FROM homecell.hc_server")) > 2) {
      awaitOthersAtRest();
    }
    GtidSet here = StartPosition.executed(target);
    tell("waits until " + sourceCell.cell() + " has the transactions of " + targetCell.cell());
    for (int second = 0; second < WAIT_SECONDS; second++) {
      requireNotStopping();
      try (PreparedStatement wait =
          source.prepareStatement("SELECT WAIT_FOR_EXECUTED_GTID_SET(?, 1)")) {
        wait.setString(1, here.toString());
        try (ResultSet row = wait.executeQuery()) {
          if (row.next() && row.getInt(1) == 0) {
            return StartPosition.executed(source);
          }
        }
      }
    }
    GtidSet missing = here.subtract(StartPosition.executed(source));
    throw new ReplicationHaltedException(
        Reason.LOAD_HELD,
        sourceCell
            + " lacks transactions of "
            + targetCell
            + ": "
            + missing
            + "; let the pipeline "
            + targetCell.cell()
            + "-"
            + sourceCell.cell()
            + " run, or take a new server without history");
  }

  /** Pipelines from third cells see the load and stop; what they applied until then is counted. */
  private void awaitOthersAtRest() throws SQLException, InterruptedException {
    tell("waits until the pipelines from other cells have stopped");
    long deadline = System.nanoTime() + Duration.ofSeconds(WAIT_SECONDS).toNanos();
    GtidSet before = foreign();
    while (System.nanoTime() < deadline) {
      requireNotStopping();
      Thread.sleep(REST.toMillis());
      GtidSet now = foreign();
      if (now.equals(before)) {
        return;
      }
      before = now;
    }
    throw new ReplicationHaltedException(
        Reason.LOAD_HELD, "pipelines from other cells still apply at " + targetCell);
  }

  private GtidSet foreign() throws SQLException {
    return StartPosition.executed(target).without(query(target, "SELECT @@server_uuid"));
  }

  private void copy(Load load, Throttle throttle) throws SQLException, InterruptedException {
    Map<TableName, LoadedTable> known = new LinkedHashMap<>();
    tables.all().forEach(table -> known.put(table.name(), table));
    List<Progress> all = LoadBook.progress(target);
    Progressing sum = new Progressing(all);
    for (Progress one : all) {
      if (one.done()) {
        continue;
      }
      requireLogOf(load);
      LoadedTable table = known.get(one.table());
      if (table == null) {
        throw disturbed(one.table() + " is gone at the source");
      }
      RowCopy rows = new RowCopy(source, target, load, table, one);
      if (table.problem().isPresent()) {
        if (tables.hasRows(one.table())) {
          throw disturbed(table.problem().orElseThrow());
        }
        continue; // what comes later comes by the binlog
      }
      boolean more = true;
      while (more) {
        requireNotStopping();
        String progress = sum.text(sourceCell.cell(), rows.progress());
        throttle.pause(why -> says.accept(progress + "; " + why), stopping);
        says.accept(progress);
        more = rows.next();
      }
      sum.done(rows.progress());
      LOG.info("{}: {} has its {} rows", targetCell, table.name(), rows.progress().copied());
    }
  }

  /** The position is set, and what was applied by somebody else meanwhile is found. */
  private void standAtItsBegin(Load load) throws SQLException {
    requireLogOf(load);
    GtidSet until = mark();
    GtidSet strange = foreign().subtract(load.from());
    if (!strange.isEmpty()) {
      throw disturbed(strange + " were applied at " + targetCell + " while it was copied to");
    }
    execute(target, "CALL homecell.hc_load_position()");
    LoadBook.startCatchingUp(target, load, until);
  }

  /**
   * All that may be visible in rows that were read here before: a server shows a transaction's rows
   * a moment before it counts it as executed, so one is committed here that comes behind them.
   */
  private GtidSet mark() throws SQLException {
    try (PreparedStatement beat = source.prepareStatement(MARK)) {
      beat.setString(1, sourceCell.cell());
      beat.executeUpdate();
    }
    return StartPosition.executed(source);
  }

  private void requireLogOf(Load load) throws SQLException {
    GtidSet purged = GtidSet.parse(query(source, "SELECT @@global.gtid_purged"));
    if (!purged.subtract(load.from()).isEmpty()) {
      throw disturbed(
          sourceCell
              + " has purged transactions that were made while it was copied; raise"
              + " binlog_expire_logs_seconds there");
    }
  }

  private static ReplicationHaltedException disturbed(String why) {
    return new ReplicationHaltedException(
        Reason.LOAD_DISTURBED, why + "; start again with cellctl sync load --restart");
  }

  private void requireNone(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new ReplicationHaltedException(
          Reason.LOAD_HELD, sourceCell + ": " + String.join("; ", problems));
    }
  }

  private void requireNotStopping() throws InterruptedException {
    if (stopping.getAsBoolean()) {
      throw new InterruptedException("the load of " + targetCell + " is told to stop");
    }
  }

  private void tell(String what) {
    says.accept("loads from " + sourceCell.cell() + ": " + what);
  }

  private static String query(Connection cell, String sql) throws SQLException {
    try (Statement statement = cell.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private static void execute(Connection cell, String sql) throws SQLException {
    try (Statement statement = cell.createStatement()) {
      statement.execute(sql);
    }
  }

  @Override
  public void close() {
    for (Connection connection : List.of(source, target)) {
      try {
        connection.close();
      } catch (SQLException alreadyBroken) {
        // whatever was under way is not committed
      }
    }
  }
}
