package io.homecell.sync.apply;

import io.homecell.sync.apply.Outcome.Kind;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies transactions over one connection, each as one target transaction under the source's own
 * identifier.
 *
 * <p>The usual way is optimistic: {@link TransactionSql one packet} that takes the identifier,
 * locks the fence rows, changes all rows and commits, and that the server itself stops if the
 * origin does not own the slots or a statement does not meet exactly its rows; several transactions
 * in one packet if there is a backlog. What was stopped is rolled back and done again {@link
 * CarefulApply with care}. Whatever breaks in between, the identifier is either executed with
 * everything or not at all, so doing it again is always right.
 *
 * <p>For one thread.
 */
final class TransactionApplier implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(TransactionApplier.class);
  private static final int TRIES_MAX = 20;
  private static final long PAUSE_MILLIS = 10;
  private static final Outcome SKIPPED = new Outcome(Kind.SKIPPED, 0, 0);

  private final CellDatabase target;
  private final TableShapes shapes;
  private final Origins origins;
  private final GtidSet window;
  private final Connection connection;
  private final Statement statement;
  private final AtomicLong retries = new AtomicLong();

  private TransactionApplier(
      CellDatabase target,
      TableShapes shapes,
      Origins origins,
      GtidSet window,
      Connection connection)
      throws SQLException {
    this.target = target;
    this.shapes = shapes;
    this.origins = origins;
    this.window = window;
    this.connection = connection;
    this.statement = connection.createStatement();
    statement.setEscapeProcessing(false); // all is written as the server reads it
    statement.execute(TransactionSql.SESSION);
  }

  static TransactionApplier open(
      CellDatabase target, TableShapes shapes, Origins origins, GtidSet window)
      throws SQLException {
    Connection connection = target.open();
    try {
      return new TransactionApplier(target, shapes, origins, window, connection);
    } catch (SQLException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  /**
   * Applies a transaction, or finds why not.
   *
   * @throws SQLException if the target is away; the outcome is then unknown, and applying again is
   *     safe
   * @throws ReplicationHaltedException if the target refuses it for good
   */
  Outcome apply(Plan plan) throws SQLException, InterruptedException {
    for (int attempt = 1; ; attempt++) {
      try {
        return applyOnce(plan);
      } catch (ReplicationHaltedException e) {
        throw e.at(plan.transaction().gtid());
      } catch (SQLException e) {
        if (!SqlErrors.isTransient(e) || attempt == TRIES_MAX) {
          if (SqlErrors.isRefusal(e)) {
            throw refused(plan, e);
          }
          throw e;
        }
        retries.incrementAndGet();
        statement.execute(TransactionSql.ROLLBACK);
        Thread.sleep(PAUSE_MILLIS * attempt);
      }
    }
  }

  /** How often a transaction was done again, for a lock or a deadlock. */
  long retries() {
    return retries.get();
  }

  private Outcome applyOnce(Plan plan) throws SQLException {
    if (window.contains(plan.transaction().gtid())) {
      return new WindowApply(connection, shapes).apply(plan);
    }
    Optional<String> origin = origin(plan);
    if (plan.slots().isEmpty() || origin.isPresent()) {
      try {
        return optimistic(plan, origin);
      } catch (SQLException e) {
        if (SqlErrors.isTransient(e) || !SqlErrors.isRefusal(e)) {
          throw e;
        }
        logRefusal(plan, e);
      }
      execute(TransactionSql.ROLLBACK);
    }
    return new CarefulApply(connection, shapes).apply(plan, origin);
  }

  private Optional<String> origin(Plan plan) throws SQLException {
    return plan.slots().isEmpty()
        ? Optional.empty()
        : origins.cellOf(plan.transaction().gtid().uuid());
  }

  private void logRefusal(Plan plan, SQLException e) {
    if (e.getErrorCode() != TransactionSql.OUT_OF_RANGE) {
      LOG.info("{}: {} is applied with care: {}", target, plan.transaction().gtid(), e.toString());
    }
  }

  private Outcome optimistic(Plan plan, Optional<String> origin) throws SQLException {
    Iterator<TransactionSql.Packet> packets = TransactionSql.packets(plan, origin, shapes);
    while (packets.hasNext()) {
      TransactionSql.Packet packet = packets.next();
      statement.execute(packet.sql());
      boolean skipped = readSkipped(packet);
      drain();
      if (skipped) {
        execute(TransactionSql.ROLLBACK);
        return SKIPPED;
      }
    }
    return applied(plan);
  }

  /**
   * Applies several that don't depend on each other, each as its own transaction, in one packet; up
   * to the first that can't be applied this way.
   *
   * @return how many it has applied, or found applied, and told of
   * @throws SQLException if the target is away
   */
  int applyTogether(List<Plan> plans, Lanes.Done done) throws SQLException {
    List<TransactionSql.Packet> packets = new ArrayList<>(plans.size());
    for (Plan plan : plans) {
      Optional<TransactionSql.Packet> packet = onePacket(plan);
      if (packet.isEmpty()) {
        break;
      }
      packets.add(packet.get());
    }
    if (packets.isEmpty()) {
      return 0;
    }
    try {
      statement.execute(
          String.join("; ", packets.stream().map(TransactionSql.Packet::sql).toList()));
    } catch (SQLException e) {
      if (!SqlErrors.isTransient(e) && !SqlErrors.isRefusal(e)) {
        throw e;
      }
      int committed = indexOfFailed(plans, packets.size());
      execute(TransactionSql.ROLLBACK);
      plans.subList(0, committed).forEach(plan -> done.done(plan, applied(plan)));
      return committed;
    }
    for (int i = 0; i < packets.size(); i++) {
      boolean skipped = readSkipped(packets.get(i));
      done.done(plans.get(i), skipped ? SKIPPED : applied(plans.get(i)));
    }
    drain();
    return packets.size();
  }

  /** Empty if it takes several, or can't be written as statements: then it is applied by itself. */
  private Optional<TransactionSql.Packet> onePacket(Plan plan) throws SQLException {
    if (window.contains(plan.transaction().gtid())) {
      return Optional.empty();
    }
    Optional<String> origin = origin(plan);
    if (!plan.slots().isEmpty() && origin.isEmpty()) {
      return Optional.empty();
    }
    try {
      Iterator<TransactionSql.Packet> packets = TransactionSql.packets(plan, origin, shapes);
      TransactionSql.Packet packet = packets.next();
      return packets.hasNext() ? Optional.empty() : Optional.of(packet);
    } catch (ReplicationHaltedException e) {
      return Optional.empty();
    }
  }

  /** The server stopped the packet in the transaction whose identifier the session still has. */
  private int indexOfFailed(List<Plan> plans, int sent) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT @@session.gtid_next")) {
      row.next();
      Gtid failed = Gtid.parse(row.getString(1));
      for (int i = 0; i < sent; i++) {
        if (plans.get(i).transaction().gtid().equals(failed)) {
          return i;
        }
      }
      return 0; // those that were applied are found so when they are applied again
    }
  }

  /** Reads a packet's results, and whether the server skipped it, having executed it before. */
  private boolean readSkipped(TransactionSql.Packet packet) throws SQLException {
    boolean skipped = false;
    for (int i = 0; i < packet.statements(); i++) {
      skipped |= i == packet.telling() && statement.getUpdateCount() == 0;
      statement.getMoreResults();
    }
    return skipped;
  }

  private static Outcome applied(Plan plan) {
    return new Outcome(Kind.APPLIED, plan.changes().size(), 0);
  }

  private void execute(String sql) throws SQLException {
    statement.execute(sql);
    drain();
  }

  private void drain() throws SQLException {
    while (statement.getMoreResults() || statement.getUpdateCount() != -1) {
      // only the errors matter, and they are thrown
    }
  }

  private static ReplicationHaltedException refused(Plan plan, SQLException e) {
    return new ReplicationHaltedException(
        Reason.TRANSACTION_REFUSED,
        plan.transaction().gtid()
            + " is refused by the target: "
            + e.getMessage()
            + " (error "
            + e.getErrorCode()
            + ")",
        e);
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("closing {}: {}", target, e.toString());
    }
  }
}
