package io.homecell.core.near;

import io.homecell.core.fence.DatabaseUnavailableException;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.StatementFailedException;
import io.homecell.core.fence.Tx;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges whether this cell answers a read in the place of the slot's owner.
 *
 * <p>The database is looked at when somebody asks, and not more often than each {@link #EACH}; a
 * request in between is judged by the last look, whose age counts. So near reads cost the database
 * some small statements ten times a second, however many they are, and nothing without them. Safe
 * for any number of threads; only one of them looks at a time, the others do not wait for it.
 */
public final class NearReads {
  static final Duration EACH = Duration.ofMillis(100);

  /** Who asks less often has no earlier look that could prove a beat. */
  private static final Duration RARE = Duration.ofSeconds(1);

  /** So many in a row then: in a busy cell what is under way at one has ended at the next. */
  private static final int LOOKS_MAX = 3;

  private static final Logger log = LoggerFactory.getLogger(NearReads.class);
  private static final String EXECUTED = "SELECT @@GLOBAL.gtid_executed";
  private static final String BEATS =
      "SELECT source_cell, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', MAX(at))"
          + " FROM homecell.hc_heartbeat GROUP BY source_cell";
  private static final String SERVERS = "SELECT cell, LOWER(uuid) FROM homecell.hc_server";
  private static final String OPEN =
      "SELECT slot, owner FROM homecell.hc_slot WHERE state = 'OPEN'";
  private static final String ITSELF =
      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', SYSDATE(6)),"
          + " COALESCE((SELECT SYSDATE(6) < expires_at FROM homecell.hc_lease WHERE one = 1), 0)"
          + " AND NOT EXISTS (SELECT 1 FROM homecell.hc_load WHERE phase <> 'DONE')";

  private final FencedDatabase database;
  private final Set<String> group;
  private final ReentrantLock looking = new ReentrantLock();
  private volatile CopyState state;
  private volatile long lookedNanos = System.nanoTime() - EACH.toNanos();

  /**
   * @param cell the one whose database it is
   */
  public NearReads(
      Topology topology, Topology.Cell cell, FencedDatabase database, MeterRegistry metrics) {
    this.database = database;
    this.group =
        topology.cellsOfGroup(cell.group()).stream()
            .map(Topology.Cell::name)
            .collect(Collectors.toUnmodifiableSet());
    this.state = CopyState.of(cell.name(), System.nanoTime());
    Gauge.builder("hc_cell_copy_clock_lead_seconds", () -> state.lead().most() / 1e6)
        .description("how far another cell's database clock was seen to be ahead of this one's")
        .register(metrics);
  }

  /**
   * The verdict on a read that begins after this returns.
   *
   * @param readAfter as the reader has written it; empty if it asks for no write
   */
  public NearVerdict judge(int slot, Duration lagMax, Optional<String> readAfter) {
    if (System.nanoTime() - lookedNanos >= EACH.toNanos() && looking.tryLock()) {
      try {
        look();
      } finally {
        looking.unlock();
      }
    }
    return state.judge(slot, lagMax, readAfter, System.nanoTime());
  }

  private void look() {
    long now = System.nanoTime();
    if (now - lookedNanos < EACH.toNanos()) {
      return;
    }
    boolean rare = !state.wasSeenSince(now - RARE.toNanos());
    try {
      for (int looks = 1;
          looks == 1 || (rare && looks <= LOOKS_MAX && state.isWaiting());
          looks++) {
        long started = System.nanoTime();
        state = state.with(database.read(tx -> sample(tx, started)));
      }
    } catch (DatabaseUnavailableException | StatementFailedException e) {
      // What was seen before stays true, and grows old.
      log.debug("copies are not looked at: {}", e.toString());
    } finally {
      lookedNanos = System.nanoTime();
    }
  }

  /**
   * The snapshot is taken by the first statement that reads a table. What a cell of another group
   * owns is left out: its transactions may be here by number, for the sake of copy services, but
   * without its rows.
   */
  private CopySample sample(Tx tx, long startedNanos) throws SQLException {
    ExecutedGtids before = executed(tx);
    Map<String, Long> beats = new HashMap<>();
    tx.list(BEATS, row -> Map.entry(row.getString(1), row.getLong(2)))
        .forEach(beat -> beats.put(beat.getKey(), beat.getValue()));
    Map<String, Set<String>> servers = new HashMap<>();
    tx.list(SERVERS, row -> Map.entry(row.getString(1), row.getString(2)))
        .forEach(
            server ->
                servers
                    .computeIfAbsent(server.getKey(), first -> new HashSet<>())
                    .add(server.getValue()));
    Map<Integer, String> owners = new HashMap<>();
    tx.list(OPEN, row -> Map.entry(row.getInt(1), row.getString(2))).stream()
        .filter(slot -> group.contains(slot.getValue()))
        .forEach(slot -> owners.put(slot.getKey(), slot.getValue()));
    record Itself(long clockMicros, boolean usable) {}
    Itself itself =
        tx.one(ITSELF, row -> new Itself(row.getLong(1), row.getBoolean(2))).orElseThrow();
    return new CopySample(
        startedNanos,
        itself.clockMicros(),
        itself.usable(),
        before,
        Map.copyOf(beats),
        Map.copyOf(servers),
        Map.copyOf(owners),
        executed(tx));
  }

  private static ExecutedGtids executed(Tx tx) throws SQLException {
    return ExecutedGtids.parse(tx.one(EXECUTED, row -> row.getString(1)).orElse(""));
  }
}
