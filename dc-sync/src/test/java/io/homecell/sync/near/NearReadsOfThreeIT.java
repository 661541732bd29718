package io.homecell.sync.near;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static io.homecell.sync.ThreeCells.ALL;
import static io.homecell.sync.ThreeCells.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.fence.WriteToken;
import io.homecell.core.fence.Written;
import io.homecell.core.near.NearReads;
import io.homecell.core.near.NearVerdict;
import io.homecell.core.near.NearVerdict.Answers;
import io.homecell.core.near.NearVerdict.Reason;
import io.homecell.core.near.NearVerdict.Refuses;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.sync.Cells;
import io.homecell.sync.ThreeCells;
import io.homecell.sync.pipeline.Pipeline;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Near reads in a group of three: what a copy says of itself while real replication brings it the
 * owner's transactions by two ways.
 */
@Timeout(120)
class NearReadsOfThreeIT {
  private static final Duration WITHIN = Duration.ofSeconds(30);
  private static final Duration ANY_AGE = Duration.ofHours(1);
  private static final Duration BOUND = Duration.ofSeconds(2);

  private static final Map<String, FencedDatabase> DATABASES = new HashMap<>();
  private static final Map<String, NearReads> COPIES = new HashMap<>();
  private static final Map<String, Pipeline> PIPELINES = new HashMap<>();
  private static ThreeCells cells;
  private static SetRoutes routes;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = ThreeCells.start(folder);
    Topology topology = cells.topology().topology();
    routes = new SetRoutes(RouteTable.initial(topology));
    for (String cell : ALL) {
      cells.run(
          cell, "SET sql_log_bin = 0", "UPDATE homecell.hc_lease SET expires_at = '2100-01-01'");
      FencedDatabase database =
          MysqlFencedDatabase.open(
              topology.cell(cell),
              "account",
              cells.topology().credentials().get(Role.APPLICATION),
              routes,
              new SimpleMeterRegistry());
      DATABASES.put(cell, database);
      COPIES.put(
          cell, new NearReads(topology, topology.cell(cell), database, new SimpleMeterRegistry()));
      for (String source : ALL) {
        if (!source.equals(cell)) {
          connect(source, cell);
        }
      }
    }
  }

  @AfterAll
  static void stop() {
    PIPELINES.values().forEach(Pipeline::stop);
    PIPELINES.values().forEach(Pipeline::close);
    DATABASES.values().forEach(FencedDatabase::close);
    cells.close();
  }

  private static void connect(String source, String target) {
    PIPELINES.put(source + " " + target, cells.pipeline(source, target));
  }

  private static void cut(String source, String target) {
    Pipeline pipeline = PIPELINES.remove(source + " " + target);
    pipeline.stop();
    pipeline.close();
  }

  private static String write(String owner, int slot, long wallet) {
    Written.begin();
    Optional<WriteToken> token;
    try {
      DATABASES
          .get(owner)
          .write(
              List.of(slot),
              tx ->
                  tx.update(
                      "INSERT INTO account.wallet VALUES (?, ?, 'w', 0, 0, NOW(6))", wallet, slot));
    } finally {
      token = Written.end();
    }
    return token.orElseThrow().toString();
  }

  private static NearVerdict judge(String cell, int slot, Duration lagMax, String... token) {
    return COPIES.get(cell).judge(slot, lagMax, List.of(token).stream().findFirst());
  }

  private static void awaitAnswer(String cell, int slot, Duration lagMax, String... token)
      throws Exception {
    Cells.await(
        cell + " answers for slot " + slot,
        WITHIN,
        () -> judge(cell, slot, lagMax, token) instanceof Answers);
  }

  private static void awaitRefusal(
      Reason reason, String cell, int slot, Duration lagMax, String... token) throws Exception {
    Cells.await(
        cell + " is " + reason + " for slot " + slot,
        WITHIN,
        () -> judge(cell, slot, lagMax, token).equals(new Refuses(reason)));
  }

  private static boolean has(String cell, long wallet) {
    return DATABASES
        .get(cell)
        .read(tx -> tx.one("SELECT 1 FROM account.wallet WHERE id = ?", row -> 1, wallet))
        .isPresent();
  }

  @Test
  void eachCopyAnswersForEachOwnerAndNeverWithoutTheWriteThatIsNamed() throws Exception {
    Map<String, Integer> slots = Map.of(NORTH, 5, WEST, 300, SOUTH, 600);
    for (long round = 1; round <= 5; round++) {
      for (String owner : ALL) {
        int slot = slots.get(owner);
        long wallet = slot * 1_000L + round;
        String token = write(owner, slot, wallet);
        for (String cell : ALL) {
          awaitAnswer(cell, slot, ANY_AGE, token);
          assertThat(has(cell, wallet)).as("%s at %s", token, cell).isTrue();
        }
      }
    }
    for (String owner : ALL) {
      for (String cell : ALL) {
        awaitAnswer(cell, slots.get(owner), BOUND);
      }
    }
  }

  /** Its beats and transactions come through the third; with both ways cut it grows old. */
  @Test
  void aCopyIsBehindOnlyIfNoWayLeadsToIt() throws Exception {
    int slot = 6;
    cut(NORTH, WEST);
    String byTheOther = write(NORTH, slot, 6_001);
    awaitAnswer(WEST, slot, ANY_AGE, byTheOther);
    assertThat(has(WEST, 6_001)).isTrue();
    awaitAnswer(WEST, slot, BOUND);

    cut(SOUTH, WEST);
    String notThere = write(NORTH, slot, 6_002);
    awaitAnswer(SOUTH, slot, ANY_AGE, notThere);
    awaitRefusal(Reason.BEHIND, WEST, slot, BOUND);
    awaitRefusal(Reason.LACKS_WRITE, WEST, slot, ANY_AGE, notThere);
    assertThat(judge(WEST, slot, ANY_AGE)).as("for who can wait").isInstanceOf(Answers.class);
    awaitAnswer(SOUTH, slot, BOUND);

    connect(SOUTH, WEST);
    awaitAnswer(WEST, slot, BOUND, notThere);
    assertThat(has(WEST, 6_002)).isTrue();
    connect(NORTH, WEST);
  }

  @Test
  void aTokenHoldsWhenItsSlotHasMoved() throws Exception {
    int slot = 7;
    String ofNorth = write(NORTH, slot, 7_001);
    awaitAnswer(WEST, slot, ANY_AGE, ofNorth);

    cells.run(
        NORTH, "UPDATE homecell.hc_slot SET state = 'CLOSED', epoch = epoch + 1 WHERE slot = 7");
    for (String cell : ALL) {
      awaitRefusal(Reason.UNKNOWN, cell, slot, ANY_AGE, ofNorth);
    }
    cells.run(
        SOUTH,
        "UPDATE homecell.hc_slot SET owner = 'south-1', state = 'OPEN', epoch = epoch + 1"
            + " WHERE slot = 7");
    SlotRoute before = routes.current().of(slot);
    routes.table = routes.table.withOwners(Map.of(slot, SlotRoute.open(SOUTH, before.epoch() + 2)));
    for (String cell : ALL) {
      awaitAnswer(cell, slot, BOUND, ofNorth);
      assertThat(has(cell, 7_001)).as(cell).isTrue();
    }

    cut(SOUTH, NORTH);
    cut(WEST, NORTH);
    String ofSouth = write(SOUTH, slot, 7_002);
    awaitAnswer(WEST, slot, ANY_AGE, ofSouth);
    awaitRefusal(Reason.LACKS_WRITE, NORTH, slot, ANY_AGE, ofSouth);
    awaitRefusal(Reason.BEHIND, NORTH, slot, BOUND, ofNorth);
    assertThat(judge(NORTH, 5, BOUND)).as("what it owns").isInstanceOf(Answers.class);

    connect(SOUTH, NORTH);
    connect(WEST, NORTH);
    awaitAnswer(NORTH, slot, BOUND, ofSouth);
    assertThat(has(NORTH, 7_002)).isTrue();
  }

  /** The table that cells write by. */
  private static final class SetRoutes implements Routes {
    private volatile RouteTable table;

    SetRoutes(RouteTable table) {
      this.table = table;
    }

    @Override
    public RouteTable current() {
      return table;
    }

    @Override
    public RouteTable awaitSlotEpoch(int slot, long slotEpoch, Duration atMost) {
      return table;
    }

    @Override
    public AutoCloseable onChange(Listener listener) {
      return () -> {};
    }
  }
}
