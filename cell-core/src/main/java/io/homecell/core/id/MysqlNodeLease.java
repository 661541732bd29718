package io.homecell.core.id;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds a node number for this process, and makes ids with it.
 *
 * <p>Why an id is never drawn twice, in any process, after any restart, with any clock: an id names
 * node and time. Before a process draws in a tick, the cell's database has recorded, durably, that
 * the node's ticks up to there are taken; whoever gets the number next starts above them. So a
 * holder that was paused for an hour may still use up what it had reserved, and collides with
 * nobody. Expiry of a number only says when it may be given on, no clock is trusted for uniqueness.
 * Numbers of different cells differ by the cell's place in the topology.
 *
 * <p>What this assumes: hc_node survives (a server rebuilt without it must stay closed for longer
 * than the reservation, some 10 s), and a cell's place is not given to another cell while its old
 * processes run.
 *
 * <p>A thread of its own claims and extends, once a second, with every wait bounded. While the
 * database does not answer, ids can be drawn for what is reserved, about 10 s; after that {@link
 * IdSource#next} refuses. A process's clock that is set far ahead of the database's is not followed
 * beyond a minute. Safe for any number of threads.
 */
public final class MysqlNodeLease implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(MysqlNodeLease.class);

  private static final Duration RESERVE = Duration.ofSeconds(10);
  private static final Duration EXPIRY = Duration.ofSeconds(30);
  private static final Duration PERIOD = Duration.ofSeconds(1);
  private static final Duration RETRY = Duration.ofMillis(250);
  private static final Duration STOP_WITHIN = Duration.ofSeconds(10);

  private final String name;
  private final NodeTable table;
  private final SlotIds ids;
  private final long reserveTicks;
  private final CountDownLatch granted = new CountDownLatch(1);
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Counter renewed;
  private final Counter failed;
  private final Counter lost;
  private final Thread thread;

  /** These three belong to the thread. */
  private @Nullable NodeGrant held;

  private boolean failing;
  private boolean ahead;

  private MysqlNodeLease(
      String name,
      NodeTable table,
      SlotIds ids,
      Duration reserve,
      Duration period,
      MeterRegistry metrics) {
    this.name = name;
    this.table = table;
    this.ids = ids;
    this.reserveTicks = reserve.toMillis() / IdLayout.TICK_MILLIS;
    this.renewed = counter(metrics, "renewed");
    this.failed = counter(metrics, "failed");
    this.lost = counter(metrics, "lost");
    Gauge.builder("hc.id.reserved", ids, source -> source.ticksLeft() * IdLayout.TICK_MILLIS / 1e3)
        .description("For how long ids can be drawn without the database")
        .baseUnit("seconds")
        .register(metrics);
    this.thread = new Thread(() -> run(period), "id-node-lease");
    this.thread.setDaemon(true);
  }

  private static Counter counter(MeterRegistry metrics, String outcome) {
    return Counter.builder("hc.id.reservations")
        .description("Attempts to reserve time for drawing ids, by how they ended")
        .tag("outcome", outcome)
        .register(metrics);
  }

  /**
   * Starts to claim a number; does not wait for the database, see {@link #awaitFirst}.
   *
   * @param cell the cell whose database keeps the numbers and whose slots the ids are drawn in
   * @param instance this process's name, for people who look into the table
   * @param application a user that may execute the framework's procedures
   */
  public static MysqlNodeLease start(
      Topology topology,
      String cell,
      String instance,
      Credentials application,
      MeterRegistry metrics) {
    return start(
        topology,
        cell,
        instance,
        application,
        metrics,
        () -> IdLayout.tickAt(System.currentTimeMillis()),
        RESERVE,
        PERIOD);
  }

  static MysqlNodeLease start(
      Topology topology,
      String cell,
      String instance,
      Credentials application,
      MeterRegistry metrics,
      LongSupplier tick,
      Duration reserve,
      Duration period) {
    int ordinal = NodeTable.ordinal(topology, cell);
    String short64 = instance.length() > 64 ? instance.substring(0, 64) : instance;
    NodeTable table =
        new NodeTable(
            topology.cell(cell).mysql(), application, ordinal, short64 + "#" + UUID.randomUUID());
    MysqlNodeLease lease =
        new MysqlNodeLease(
            cell + " ids", table, new SlotIds(topology.slots(), tick), reserve, period, metrics);
    lease.thread.start();
    return lease;
  }

  /** The source; refuses until the first number is held, and after {@link #close}. */
  public IdSource ids() {
    return ids;
  }

  /** Waits until ids can be drawn; says whether they can. */
  public boolean awaitFirst(Duration atMost) throws InterruptedException {
    return granted.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void run(Duration period) {
    boolean more = true;
    while (more) {
      boolean done = step();
      try {
        more = !closing.await((done ? period : RETRY).toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        more = false;
      }
    }
    ids.grant(null);
    giveBack();
    table.close();
  }

  /** One attempt to have more; says whether it did. What was held before is held on anyway. */
  private boolean step() {
    try {
      long clock = ids.clockTick();
      Optional<NodeGrant> next = held == null ? claim() : extend(held);
      if (next.isEmpty()) {
        return false;
      }
      held = next.get();
      correctClock(clock, held);
      ids.grant(held);
      renewed.increment();
      failing = false;
      granted.countDown();
      return true;
    } catch (SQLException e) {
      failed(firstLine(e));
      return false;
    }
  }

  /**
   * The database reserves ahead of the clock that it was told, but follows it no more than 60 s
   * ahead of its own: a clock that was set further ahead would stand beyond all that is ever
   * reserved. So ids are drawn by the time up to which it did follow.
   */
  private void correctClock(long clock, NodeGrant granted) {
    long offset = Math.min(0, granted.untilTick() - reserveTicks - clock);
    if (offset < 0 && !ahead) {
      log.warn(
          "{}: this process's clock is more than {} ahead of the database's; ids are drawn by the"
              + " database's time",
          name,
          Duration.ofMillis(-offset * IdLayout.TICK_MILLIS));
    }
    ahead = offset < 0;
    ids.correctClockBy(offset);
  }

  private static String firstLine(SQLException e) {
    return String.valueOf(e.getMessage()).lines().findFirst().orElse(e.toString());
  }

  private void failed(String reason) {
    failed.increment();
    if (!failing) {
      failing = true;
      log.warn(
          "{}: no time can be reserved, {} left: {}",
          name,
          Duration.ofMillis(ids.ticksLeft() * IdLayout.TICK_MILLIS),
          reason);
    }
  }

  private Optional<NodeGrant> claim() throws SQLException {
    Optional<NodeGrant> claimed = table.claim(ids.highestTick(), reserveTicks, EXPIRY);
    if (claimed.isPresent()) {
      log.info("{}: {}", name, claimed.get());
    } else {
      failed(
          "all "
              + NodeTable.NODES_OF_A_CELL
              + " node numbers of the cell are held (expected: one for each running instance; those"
              + " of dead ones come free after "
              + EXPIRY.toSeconds()
              + " s)");
    }
    return claimed;
  }

  private Optional<NodeGrant> extend(NodeGrant grant) throws SQLException {
    OptionalLong until = table.extend(grant, ids.highestTick(), reserveTicks, EXPIRY);
    if (until.isPresent()) {
      return Optional.of(grant.until(until.getAsLong()));
    }
    // What is left of the old grant stays ours; the next claim replaces it.
    log.warn(
        "{}: node {} has another holder, this process was silent for long", name, grant.node());
    lost.increment();
    return claim();
  }

  private void giveBack() {
    NodeGrant last = held;
    if (last == null) {
      return;
    }
    try {
      table.giveBack(last);
    } catch (SQLException e) {
      log.info("{}: node {} is left to expire: {}", name, last.node(), firstLine(e));
    }
  }

  @Override
  public void close() {
    closing.countDown();
    try {
      thread.join(STOP_WITHIN.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
