package io.homecell.trade;

import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.id.IdSource;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.slot.Slots;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Cell {@code north-1} (slots 0 to 511) on a real MySQL with a lease that runs, one for all test
 * classes of this JVM; given to tests as a parameter.
 */
public final class TradeDatabase implements AutoCloseable {
  public static final String CELL = "north-1";

  /** Gives the database to test classes that ask for it. */
  public static final class Extension implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == TradeDatabase.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(Namespace.GLOBAL)
          .getOrComputeIfAbsent(
              TradeDatabase.class, key -> TradeDatabase.start(), TradeDatabase.class);
    }
  }

  private final Path folder;
  private final LocalMysql mysql;
  private final FencedDatabase database;
  private final Routes routes;
  private final AtomicLong lastId = new AtomicLong(1_000);

  private TradeDatabase(Path folder, LocalMysql mysql, FencedDatabase database, Routes routes) {
    this.folder = folder;
    this.mysql = mysql;
    this.database = database;
    this.routes = routes;
  }

  private static TradeDatabase start() {
    try {
      Path folder = Files.createTempDirectory("trade-cell");
      TestTopology test = TestTopology.create(folder);
      Topology topology = test.topology();
      LocalMysql mysql =
          LocalMysql.start(
              MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED))),
              folder.resolve("mysql"),
              topology.cell(CELL).mysql(),
              1);
      try (Connection root = mysql.rootConnection()) {
        CellProvisioning.provision(
            root, topology, CELL, SchemaFiles.onClassPath(), test.credentials());
      }
      Routes routes = new FixedRoutes(RouteTable.initial(topology));
      FencedDatabase database =
          MysqlFencedDatabase.open(
              topology.cell(CELL),
              "trade",
              test.credentials().get(Role.APPLICATION),
              routes,
              new SimpleMeterRegistry());
      TradeDatabase started = new TradeDatabase(folder, mysql, database, routes);
      started.execute("UPDATE homecell.hc_lease SET expires_at = '2100-01-01'");
      return started;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  public FencedDatabase database() {
    return database;
  }

  public Routes routes() {
    return routes;
  }

  public Slots slots() {
    return routes.current().slots();
  }

  /** Ids that nobody else draws in this JVM. */
  public IdSource ids() {
    return slot -> lastId.incrementAndGet() << slots().bits() | slot;
  }

  /** A user, merchant or other id that no test has used, in a slot that the cell owns. */
  public long newId(int slot) {
    return ids().next(slot);
  }

  /** Runs statements as the superuser, unseen by the binlog. */
  public void execute(String... statements) {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement()) {
      statement.execute("SET sql_log_bin = 0");
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The rows of a query as text, columns joined by a space. */
  public List<String> rows(String sql) {
    return database.read(tx -> tx.list(sql, TradeDatabase::text));
  }

  private static String text(ResultSet row) throws SQLException {
    StringBuilder text = new StringBuilder();
    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
      text.append(i == 1 ? "" : " ").append(row.getString(i));
    }
    return text.toString();
  }

  /** Closes a slot at the fence, as a move does. */
  public void closeSlot(int slot) {
    execute("UPDATE homecell.hc_slot SET state = 'CLOSED', epoch = epoch + 1 WHERE slot = " + slot);
  }

  /** Opens it here again. */
  public void openSlot(int slot) {
    execute("UPDATE homecell.hc_slot SET state = 'OPEN', epoch = epoch + 1 WHERE slot = " + slot);
  }

  @Override
  public void close() throws IOException {
    database.close();
    mysql.stop();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
