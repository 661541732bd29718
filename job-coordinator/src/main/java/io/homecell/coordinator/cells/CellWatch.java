package io.homecell.coordinator.cells;

import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.AppliedEpochs.Applied;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at every cell's database each second, and at who has a session with the coordination
 * service. Each cell on a thread of its own: one that hangs hides no other. Detection only. Runs in
 * every coordinator, so that a new leader knows what was seen before.
 */
public final class CellWatch implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(CellWatch.class);
  private static final Duration EACH = Duration.ofSeconds(1);

  private final Topology topology;
  private final CellConnections connections;
  private final AppliedEpochs applied;
  private final DatacenterStates states;
  private final RouteStore routes;
  private final Sightings sightings;
  private final ScheduledExecutorService threads;
  private volatile Optional<RouteTable> lastTable = Optional.empty();
  private final List<ScheduledFuture<?>> looks = new ArrayList<>();

  private CellWatch(Topology topology, CuratorFramework client, CellConnections connections) {
    this.topology = topology;
    this.connections = connections;
    this.applied = new AppliedEpochs(client);
    this.routes = new RouteStore(client);
    this.states = new DatacenterStates(client);
    this.sightings = new Sightings(topology.coordination().lease(), System.nanoTime());
    this.threads =
        Executors.newScheduledThreadPool(
            topology.cells().size() + 1,
            task -> {
              Thread thread = new Thread(task, "cell watch");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Starts to look.
   *
   * @param connections of its own: a look must not wait for anybody
   */
  public static CellWatch start(
      Topology topology, CuratorFramework client, CellConnections connections) {
    CellWatch watch = new CellWatch(topology, client, connections);
    for (String cell : topology.cells().keySet()) {
      watch.each(() -> watch.lookAt(cell));
    }
    watch.each(watch::lookAtSessions);
    return watch;
  }

  /** The route table as it was read last; empty if it never was. */
  public Optional<RouteTable> lastTable() {
    return lastTable;
  }

  /** What was seen. */
  public Sightings sightings() {
    return sightings;
  }

  private void each(Runnable look) {
    looks.add(threads.scheduleWithFixedDelay(look, 0, EACH.toMillis(), TimeUnit.MILLISECONDS));
  }

  private void lookAt(String cell) {
    try {
      sightings.answered(cell, connections.with(cell, CellWatch::clock), Instant.now());
    } catch (SQLException away) {
      log.debug("{} does not answer: {}", cell, CellReader.reason(away));
    } catch (RuntimeException e) {
      log.error("{} can't be looked at", cell, e);
    }
  }

  private static Sightings.Clock clock(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      long from = System.nanoTime();
      try (ResultSet row = statement.executeQuery("SELECT SYSDATE(6)")) {
        long elapsed = System.nanoTime() - from;
        row.next();
        return new Sightings.Clock(
            row.getObject(1, LocalDateTime.class).toInstant(ZoneOffset.UTC),
            from + elapsed / 2,
            Duration.ofNanos(elapsed - elapsed / 2));
      }
    }
  }

  private void lookAtSessions() {
    try {
      Set<String> registered = new HashSet<>();
      applied.list().stream().map(Applied::cell).forEach(cell -> cell.ifPresent(registered::add));
      Set<String> lost = new HashSet<>();
      for (Topology.Cell cell : topology.cells().values()) {
        if (states.read(cell.datacenter()).isLost()) {
          lost.add(cell.name());
        }
      }
      routes.read().ifPresent(read -> lastTable = Optional.of(read.table()));
      sightings.told(registered, lost, System.nanoTime());
    } catch (CoordinationException away) {
      log.debug("sessions not known: {}", away.getMessage());
    } catch (RuntimeException e) {
      log.error("sessions can't be looked at", e);
    }
  }

  @Override
  public void close() {
    looks.forEach(look -> look.cancel(true));
    threads.shutdownNow();
  }
}
