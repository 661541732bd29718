package io.homecell.core.fence;

import com.zaxxer.hikari.HikariDataSource;
import io.homecell.core.process.Secrets;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fence over a cell's MySQL.
 *
 * <p>Why it holds: the only connections that can write belong to this class, and the only way it
 * ends a writing transaction well is {@code CALL homecell.hc_commit}, which locks the fence rows of
 * the transaction's slots in share mode, checks owner, state, epoch and lease, and commits, all in
 * the server. A move closes a slot by updating its row, so it waits for every commit in flight and
 * every later one sees it. The check against {@link Routes} before the body only spares work.
 *
 * <p>Writing sessions run READ COMMITTED: the check does not depend on it (it reads with locks, and
 * a locking read sees the newest row at any level), bodies that lock what they decide on take no
 * gap locks and deadlock less, and row-based binary logging allows it. Reading sessions are READ
 * ONLY at the server and see one snapshot (REPEATABLE READ). Safe for any number of threads.
 */
public final class MysqlFencedDatabase implements FencedDatabase {
  private static final Logger log = LoggerFactory.getLogger(MysqlFencedDatabase.class);

  /** As a plain statement, not a CallableStatement, which would ask for the parameters' types. */
  private static final String COMMIT = "CALL homecell.hc_commit(?, ?)";

  private static final String FENCE_ROW =
      "SELECT owner, epoch, state FROM homecell.hc_slot WHERE slot = ?";

  /** What the arguments of the commit step can hold. */
  private static final int SLOTS_MAX = 256;

  /** A body is run this often at most when it meets deadlocks. */
  private static final int ATTEMPTS_MAX = 5;

  private static final long RETRY_PAUSE_MAX_NANOS = 20_000_000;

  private final String cell;
  private final Routes routes;
  private final HikariDataSource readers;
  private final HikariDataSource writers;
  private final FenceMetrics metrics;

  private MysqlFencedDatabase(
      String cell,
      Routes routes,
      HikariDataSource readers,
      HikariDataSource writers,
      FenceMetrics metrics) {
    this.cell = cell;
    this.routes = routes;
    this.readers = readers;
    this.writers = writers;
    this.metrics = metrics;
  }

  /**
   * Opens the pools; does not wait for the database, which may be started later.
   *
   * @param schema the service's own schema, such as {@code account}
   * @param application the credentials of the application role
   */
  public static MysqlFencedDatabase open(
      Topology.Cell cell,
      String schema,
      Secrets.Credentials application,
      Routes routes,
      MeterRegistry metrics) {
    HikariDataSource readers = FencePools.readers(cell, schema, application, metrics);
    HikariDataSource writers = FencePools.writers(cell, schema, application, metrics);
    return new MysqlFencedDatabase(
        cell.name(), routes, readers, writers, new FenceMetrics(metrics, schema));
  }

  @Override
  public <T> T read(Body<T> body) {
    try (Connection connection = borrow(readers)) {
      JdbcTx tx = new JdbcTx(connection, false);
      try {
        return body.run(tx);
      } finally {
        tx.close();
        rollBack(connection, readers);
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public <T> T write(Collection<Integer> slots, Body<T> body) {
    int[] distinct = slots.stream().mapToInt(Integer::intValue).sorted().distinct().toArray();
    if (distinct.length == 0 || distinct.length > SLOTS_MAX) {
      throw new IllegalArgumentException(
          "slots: " + distinct.length + " (expected: 1 to " + SLOTS_MAX + " different ones)");
    }
    long[] epochs = expectedEpochs(distinct);
    for (int attempt = 1; ; attempt++) {
      try {
        return writeOnce(distinct, epochs, body);
      } catch (SQLException e) {
        if (!SqlErrors.isTransient(e)) {
          metrics.count(
              SqlErrors.isUnavailable(e)
                  ? FenceMetrics.Outcome.UNAVAILABLE
                  : FenceMetrics.Outcome.FAILED);
          throw failed(e);
        }
        metrics.count(FenceMetrics.Outcome.DEADLOCK);
        if (attempt == ATTEMPTS_MAX) {
          throw new DatabaseUnavailableException(
              writers.getPoolName() + ": rows stayed locked in " + attempt + " attempts", e);
        }
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(RETRY_PAUSE_MAX_NANOS));
      }
    }
  }

  /**
   * The ownership epochs that the caller acts on, or the refusal.
   *
   * <p>Where the table names another cell, the fence row decides: the table of this process may lag
   * behind the caller's, and a refusal that named an older epoch than the caller knows would send
   * the call back here at once.
   */
  private long[] expectedEpochs(int[] slots) {
    RouteTable table = routes.current();
    long[] epochs = new long[slots.length];
    for (int i = 0; i < slots.length; i++) {
      if (!table.slots().contains(slots[i])) {
        throw new IllegalArgumentException(
            "slot: " + slots[i] + " (expected: 0 to " + (table.slots().count() - 1) + ")");
      }
      SlotRoute route = table.of(slots[i]);
      epochs[i] = route.owner().equals(cell) ? route.epoch() : epochOfRow(slots[i], route);
    }
    return epochs;
  }

  private record FenceRow(String owner, long epoch, String state) {}

  private long epochOfRow(int slot, SlotRoute route) {
    Optional<FenceRow> found =
        read(
            tx ->
                tx.one(
                    FENCE_ROW,
                    row -> new FenceRow(row.getString(1), row.getLong(2), row.getString(3)),
                    slot));
    FenceRow row = found.orElse(new FenceRow(route.owner(), route.epoch(), "CLOSED"));
    if (row.owner().equals(cell) && row.state().equals("OPEN")) {
      return row.epoch();
    }
    metrics.count(FenceMetrics.Outcome.NOT_HOME_EARLY);
    throw row.epoch() > route.epoch()
        ? new NotHomeException(slot, row.owner(), row.epoch())
        : new NotHomeException(slot, route.owner(), route.epoch());
  }

  private <T> T writeOnce(int[] slots, long[] epochs, Body<T> body) throws SQLException {
    try (Connection connection = borrow(writers)) {
      JdbcTx tx = new JdbcTx(connection, true);
      T result;
      try {
        result = body.run(tx);
        tx.throwIfDoomed();
      } catch (Throwable e) {
        rollBack(connection, writers);
        throw e;
      } finally {
        tx.close();
      }
      commit(connection, slots, epochs);
      return result;
    }
  }

  /** The one commit step. Whatever else it throws, the transaction is over. */
  private void commit(Connection connection, int[] slots, long[] epochs) throws SQLException {
    long from = System.nanoTime();
    try (PreparedStatement statement = connection.prepareStatement(COMMIT)) {
      statement.setString(1, listed(IntStream.of(slots).mapToObj(Integer::toString)));
      statement.setString(2, listed(LongStream.of(epochs).mapToObj(Long::toString)));
      if (Written.isAsked()) {
        OwnGtid gtid = OwnGtid.before(connection);
        statement.execute();
        gtid.committed().ifPresent(Written::note);
      } else {
        statement.execute();
      }
      metrics.committed(System.nanoTime() - from);
    } catch (SQLException e) {
      rollBack(connection, writers);
      throw refused(e, slots);
    }
  }

  private SQLException refused(SQLException e, int[] slots) {
    Optional<RuntimeException> refusal = SqlErrors.refusal(e);
    if (refusal.isPresent()) {
      metrics.count(
          refusal.get() instanceof NotHomeException
              ? FenceMetrics.Outcome.NOT_HOME
              : FenceMetrics.Outcome.FENCED);
      throw refusal.get();
    }
    if (SqlErrors.isTransient(e) || SqlErrors.isSurelyNotCommitted(e)) {
      return e;
    }
    metrics.count(SqlErrors.isLate(e) ? FenceMetrics.Outcome.LATE : FenceMetrics.Outcome.UNKNOWN);
    throw new CommitUnknownException(
        writers.getPoolName()
            + ": slots "
            + Arrays.toString(slots)
            + ": it is not known whether the transaction was committed: "
            + e.getMessage(),
        e);
  }

  private static String listed(Stream<String> numbers) {
    return numbers.collect(Collectors.joining(","));
  }

  private static Connection borrow(HikariDataSource pool) {
    try {
      return pool.getConnection();
    } catch (SQLException e) {
      throw new DatabaseUnavailableException(
          pool.getPoolName() + ": no connection: " + e.getMessage(), e);
    }
  }

  /**
   * Ends a transaction by statement, not by {@link Connection#rollback}: the driver tracks whether
   * a transaction runs by the server's answers, and an error answer does not say. A connection on
   * which even this fails is thrown away; the server rolls back when it closes.
   */
  private static void rollBack(Connection connection, HikariDataSource pool) {
    try (PreparedStatement statement = connection.prepareStatement("ROLLBACK")) {
      statement.execute();
    } catch (SQLException e) {
      log.debug("{}: connection thrown away: {}", pool.getPoolName(), e.toString());
      pool.evictConnection(connection);
    }
  }

  private static RuntimeException failed(SQLException e) {
    return SqlErrors.isUnavailable(e)
        ? new DatabaseUnavailableException("the database broke off: " + e.getMessage(), e)
        : new StatementFailedException(e);
  }

  @Override
  public void close() {
    writers.close();
    readers.close();
  }
}
