package io.homecell.account;

import io.homecell.core.id.IdSource;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.local.CellProvisioning;
import io.homecell.local.FreePorts;
import io.homecell.local.LocalMysql;
import io.homecell.local.LocalZookeeper;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.opentest4j.AssertionFailedError;

/**
 * Cells north-1 and south-1, each with a real MySQL and a lease that runs, on a real ZooKeeper as
 * registry; one pair for all test classes of this JVM. No replication: a test that moves a slot
 * copies its rows.
 */
public final class TwoCells implements AutoCloseable {
  /** Gives the pair to test classes that ask for it. */
  public static final class Extension implements ParameterResolver {
    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
      return parameter.getParameter().getType() == TwoCells.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
      return context
          .getRoot()
          .getStore(Namespace.GLOBAL)
          .getOrComputeIfAbsent(TwoCells.class, key -> TwoCells.started(), TwoCells.class);
    }
  }

  private final Path folder;
  private final LocalZookeeper zookeeper;
  private final AtomicLong lastId = new AtomicLong(1_000);
  final SettableRoutes routes;
  final TestCell north;
  final TestCell south;

  private TwoCells() throws Exception {
    folder = Files.createTempDirectory("account-cell");
    Endpoint endpoint = new Endpoint("127.0.0.1", FreePorts.takeOne());
    TestTopology test = TestTopology.create(folder, endpoint.toString(), Duration.ofSeconds(8));
    zookeeper = LocalZookeeper.start(folder.resolve("zookeeper"), endpoint);
    routes = new SettableRoutes(RouteTable.initial(test.topology()));
    north = cell(test, "north-1", 1);
    south = cell(test, "south-1", 2);
  }

  private static TwoCells started() {
    try {
      return new TwoCells();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private TestCell cell(TestTopology test, String name, int serverId) throws Exception {
    LocalMysql mysql =
        LocalMysql.start(
            MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED))),
            folder.resolve("mysql-" + name),
            test.topology().cell(name).mysql(),
            serverId);
    try (Connection root = mysql.rootConnection()) {
      CellProvisioning.provision(
          root, test.topology(), name, SchemaFiles.onClassPath(), test.credentials());
    }
    TestCell cell = new TestCell(name, test, folder, routes, mysql, ids());
    cell.execute("UPDATE homecell.hc_lease SET expires_at = '2100-01-01'");
    return cell.start();
  }

  /** Ids that nobody else draws in this JVM. */
  IdSource ids() {
    return slot -> lastId.incrementAndGet() << 10 | slot;
  }

  long newId(int slot) {
    return ids().next(slot);
  }

  static String key() {
    return UUID.randomUUID().toString();
  }

  /** A user with money whose home is the cell: in a slot of their own choosing. */
  long user(TestCell home, String balance) {
    TestCell.Answer registered = home.post("/accounts", "", key(), "{\"name\":\"Ada\"}");
    long user = Long.parseLong(registered.text("userId"));
    if (!balance.equals("0")) {
      TestCell.Answer deposited = home.deposit(user, key(), balance);
      if (deposited.status() != 201) {
        throw new AssertionFailedError(deposited.toString());
      }
    }
    return user;
  }

  /** Moves a slot as a switchover does: closed, copied, opened, published. */
  void move(int slot, TestCell from, TestCell to, String target) {
    close(slot, from);
    from.copySlotTo(to, slot);
    open(slot, from, to, target);
  }

  /** The end of a move: what was closed and copied is opened at its new owner, and published. */
  void open(int slot, TestCell from, TestCell to, String target) {
    SlotRoute before = routes.current().of(slot);
    for (TestCell each : new TestCell[] {from, to}) {
      each.execute(
          "UPDATE homecell.hc_slot SET owner = '%s', state = 'OPEN', epoch = %d WHERE slot = %d"
              .formatted(target, before.epoch() + 2, slot));
    }
    routes.set(
        routes.current().withOwners(Map.of(slot, SlotRoute.open(target, before.epoch() + 2))));
  }

  /** Closes a slot at its owner. */
  void close(int slot, TestCell owner) {
    owner.execute(
        "UPDATE homecell.hc_slot SET state = 'CLOSED', epoch = %d WHERE slot = %d"
            .formatted(routes.current().of(slot).epoch() + 1, slot));
  }

  static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionFailedError("not within 30 s: " + what);
      }
      try {
        Thread.sleep(20);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void close() {
    south.close();
    north.close();
    zookeeper.close();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
