package io.homecell.sync.load;

import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import io.homecell.sync.position.StartPosition;
import io.homecell.sync.throttle.Throttle;
import io.homecell.sync.throttle.Throttles;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a pipeline has to know about a load of its target: the pipeline from the load's source
 * carries it out, those from other cells stand still until it is done. For one thread.
 */
public final class LoadWatch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LoadWatch.class);
  private static final Duration LOOK_EACH = Duration.ofSeconds(1);

  private final CellDatabase source;
  private final CellDatabase target;
  private final Connection connection;
  private Optional<Load> load;
  private long lookedAt = System.nanoTime();

  private LoadWatch(
      CellDatabase source, CellDatabase target, Connection connection, Optional<Load> load) {
    this.source = source;
    this.target = target;
    this.connection = connection;
    this.load = load;
  }

  /** Begins with what is there now; the connection is the target's, and closed with this. */
  public static LoadWatch start(CellDatabase source, CellDatabase target, Connection connection)
      throws SQLException {
    try {
      return new LoadWatch(source, target, connection, LoadBook.read(connection));
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /** Whether the target is not yet a cell like any other. */
  public boolean isUnderWay() {
    return load.isPresent() && !load.get().isDone();
  }

  /**
   * Copies what is missing.
   *
   * @param throttles slow it while replication out of the source is late
   * @param says told of its progress
   * @return what the source executed meanwhile; empty without a load
   * @throws InterruptedException if it is told to stop
   * @throws ReplicationHaltedException if the load is another pipeline's, or a person has to do
   *     something first
   */
  public GtidSet copy(Throttles throttles, Consumer<String> says, BooleanSupplier stopping)
      throws SQLException, InterruptedException {
    if (!isUnderWay()) {
      return new GtidSet();
    }
    String from = load.orElseThrow().source();
    if (!from.equals(source.cell())) {
      throw new ReplicationHaltedException(
          Reason.LOAD_HELD, target + " is being loaded from " + from + "; this pipeline waits");
    }
    if (load.orElseThrow().copies()) {
      try (CellLoad copying = CellLoad.open(source, target, says, stopping);
          Throttle throttle = throttles.load()) {
        copying.run(throttle);
      }
      load = LoadBook.read(connection);
    }
    return load.map(Load::window).orElseGet(GtidSet::new);
  }

  /**
   * Looks, once a second at the most, whether all of the load's window is applied.
   *
   * @return what there is to say about it; empty without a load
   * @throws SQLException if another load was asked for: the pipeline has to begin with it
   */
  public Optional<String> look() throws SQLException {
    if (System.nanoTime() - lookedAt < LOOK_EACH.toNanos()) {
      return Optional.empty();
    }
    lookedAt = System.nanoTime();
    if (!LoadBook.read(connection).equals(load)) {
      throw new SQLException("a load of " + target + " was asked for");
    }
    if (!isUnderWay()) {
      return Optional.empty();
    }
    Load now = load.orElseThrow();
    GtidSet rest = now.window().subtract(StartPosition.executed(connection));
    if (!rest.isEmpty()) {
      return Optional.of(
          "loads from %s: rows are copied, %d transactions are to be applied over them"
              .formatted(now.source(), rest.size()));
    }
    try (Statement session = connection.createStatement()) {
      session.execute("SET SESSION sql_log_bin = 0");
    }
    LoadBook.end(connection, now);
    load = LoadBook.read(connection);
    LOG.info("{}: loaded from {}", target, now.source());
    return Optional.of("");
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException alreadyBroken) {
      // nothing is under way on it
    }
  }
}
