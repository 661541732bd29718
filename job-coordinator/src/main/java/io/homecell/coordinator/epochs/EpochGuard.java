package io.homecell.coordinator.epochs;

import io.homecell.coordinator.cells.CellConnections;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.Refusal;
import io.homecell.coordinator.operation.RefusalName;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.StaleStateException;
import io.homecell.core.fence.FenceRows;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.StaleRouteTableException;
import io.homecell.core.topology.Topology;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a coordinator from operating on a ZooKeeper that was restored from an old copy: {@code
 * EPOCH_WENT_BACK}. It compares the route table and the datacenters' states with what the cells'
 * databases have; until a person has raised them, nothing is begun, resumed or repaired. Tested by
 * {@code RestoredZookeeperIT}. Safe for any number of threads.
 */
public final class EpochGuard {
  private static final Logger log = LoggerFactory.getLogger(EpochGuard.class);
  private static final Logger audit = LoggerFactory.getLogger("audit");
  private static final int NO_TABLE = 1146;

  /** What was asked of {@link #raise}, or why it was refused. */
  public record Raised(List<String> findings, List<String> changes, List<String> refusals) {}

  private final Topology topology;
  private final DatacenterStates states;
  private final RouteStore routes;
  private final AppliedEpochs applied;
  private final CellConnections connections;
  private final Executor threads;
  private final Supplier<Optional<Operation>> underWay;

  /** Empty until the first look of a term. */
  private volatile Optional<List<String>> findings = Optional.empty();

  /**
   * @param underWay the operation under way
   */
  public EpochGuard(
      Topology topology,
      CuratorFramework client,
      CellConnections connections,
      Executor threads,
      Supplier<Optional<Operation>> underWay) {
    this.topology = topology;
    this.states = new DatacenterStates(client);
    this.routes = new RouteStore(client);
    this.applied = new AppliedEpochs(client);
    this.connections = connections;
    this.threads = threads;
    this.underWay = underWay;
  }

  /** Whether this coordinator may operate: it has looked in this term and found nothing. */
  public boolean isClean() {
    return findings.filter(List::isEmpty).isPresent();
  }

  /** What is wrong; empty if nothing, or if it is not known. */
  public List<String> findings() {
    return findings.orElse(List.of());
  }

  /** Why nothing can be begun; empty if it can. */
  public Optional<Refusal> refusal() {
    return findings().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                RefusalName.EPOCH_WENT_BACK,
                "ZooKeeper was restored from an old copy: " + String.join("; ", findings()),
                "look at `cellctl routes raise --dry-run`"));
  }

  /** A term ends: what was found counts no more. */
  public void forget() {
    findings = Optional.empty();
  }

  /**
   * Looks at ZooKeeper and at every cell that answers.
   *
   * @throws CoordinationException if ZooKeeper does not answer
   */
  public void look() {
    Optional<Operation> before = underWay.get();
    Optional<KnownEpochs> known = read(before, new TreeMap<>());
    if (known.isEmpty() || !id(before).equals(id(underWay.get()))) {
      return;
    }
    List<String> now = known.get().findings();
    if (!now.isEmpty() && !now.equals(findings())) {
      log.error(
          "EPOCH_WENT_BACK: ZooKeeper was restored from an old copy, nothing is operated: {}", now);
    } else if (now.isEmpty() && !findings().isEmpty()) {
      log.warn("ZooKeeper is no longer behind the cells");
    }
    findings = Optional.of(now);
  }

  private static Optional<String> id(Optional<Operation> operation) {
    return operation.map(Operation::id);
  }

  /**
   * Writes states and table that are above all that was seen, the fence rows' owners in it.
   *
   * @param without cells that do not answer and are dead; their datacenters become lost
   * @param giveUp ends an operation that an old copy has brought back
   */
  public Raised raise(
      boolean dryRun, String reason, Set<String> without, Consumer<Operation> giveUp) {
    Map<String, String> unreachable = new TreeMap<>();
    Optional<Operation> operation = underWay.get();
    KnownEpochs known =
        read(operation, unreachable)
            .orElseThrow(() -> new CoordinationException("there is no route table"));
    List<String> refusals = new ArrayList<>();
    List<String> found = known.findings();
    if (found.isEmpty()) {
      refusals.add("NOTHING_TO_RAISE: ZooKeeper is not behind any cell that answers");
    }
    unreachable.forEach(
        (cell, why) -> {
          if (!without.contains(cell)) {
            refusals.add(
                "CELL_UNREACHABLE: "
                    + cell
                    + " can't be asked for its fence rows: "
                    + why
                    + " (bring it back, or give `--without "
                    + cell
                    + "` if it is dead: its datacenter becomes lost)");
          }
        });
    KnownEpochs.Raise raise = known.raise(without);
    if (!refusals.isEmpty() || dryRun) {
      return new Raised(found, raise.sentences(), refusals);
    }
    audit.info("routes raise, because {}: {}, found {}", reason, raise.sentences(), found);
    operation.ifPresent(giveUp);
    try {
      for (Map.Entry<String, DatacenterState> state : raise.states().entrySet()) {
        DatacenterState next = state.getValue();
        states.raise(state.getKey(), next.state(), next.epoch(), next.version());
      }
      routes.update(known.table().epoch(), raise.table());
    } catch (StaleStateException | StaleRouteTableException e) {
      refusals.add("CHANGED_MEANWHILE: " + e.getMessage() + " (look again and repeat)");
    }
    look();
    return new Raised(found, raise.sentences(), refusals);
  }

  private Optional<KnownEpochs> read(
      Optional<Operation> operation, Map<String, String> unreachable) {
    Map<Integer, Long> reached = new HashMap<>();
    operation.ifPresent(one -> reached.putAll(one.highestEpochs()));
    Map<String, CompletableFuture<KnownEpochs.Seen>> asked = new TreeMap<>();
    for (String cell : topology.cells().keySet()) {
      asked.put(cell, CompletableFuture.supplyAsync(() -> seen(cell), threads));
    }
    Map<String, KnownEpochs.Seen> cells = new TreeMap<>();
    asked.forEach(
        (cell, future) -> {
          try {
            cells.put(cell, future.join());
          } catch (RuntimeException e) {
            unreachable.put(cell, String.valueOf(e.getCause()));
          }
        });
    // After the rows: a table that is written before the rows were read is never behind them.
    long appliedEpoch =
        applied.list().stream().mapToLong(AppliedEpochs.Applied::epoch).max().orElse(0);
    Map<String, DatacenterState> known = new TreeMap<>();
    topology.datacenters().keySet().forEach(name -> known.put(name, states.read(name)));
    Optional<RouteTable> table = routes.read().map(RouteStore.Versioned::table);
    return table.map(
        found -> new KnownEpochs(topology, found, known, cells, reached, appliedEpoch));
  }

  private KnownEpochs.Seen seen(String cell) {
    try {
      return connections.with(
          cell,
          connection ->
              new KnownEpochs.Seen(FenceRows.over(connection).readAll(), highest(connection)));
    } catch (SQLException e) {
      throw new IllegalStateException(CellReader.reason(e), e);
    }
  }

  private static Map<String, Long> highest(Connection connection) throws SQLException {
    Map<String, Long> highest = new TreeMap<>();
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT subject, epoch FROM homecell.hc_epoch")) {
      while (row.next()) {
        highest.put(row.getString(1), row.getLong(2));
      }
    } catch (SQLException e) {
      if (e.getErrorCode() != NO_TABLE) {
        throw e;
      }
    }
    return highest;
  }
}
