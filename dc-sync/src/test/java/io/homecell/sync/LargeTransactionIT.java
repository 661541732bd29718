package io.homecell.sync;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static io.homecell.sync.TwoCells.await;
import static io.homecell.sync.TwoCells.awaitState;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.json.Json;
import io.homecell.core.topology.Topology;
import io.homecell.local.LocalZookeeper;
import io.homecell.sync.capture.TransactionAssembler;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.stranded.Decision;
import io.homecell.sync.stranded.StrandedTransactions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Transactions that are applied in parts. For a measurement: {@code -Dlarge.rows=1000000
 * -Dlarge.heap=512m}.
 */
@Timeout(300)
class LargeTransactionIT {
  private static final int ROWS = Integer.getInteger("large.rows", 200_000);
  private static final String HEAP = System.getProperty("large.heap", "128m");
  private static final String WORKING = "applies a large transaction";

  private static TwoCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) {
    cells = TwoCells.start(folder);
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  /** One transaction that inserts rows, in so many slots, and changes them and the one before. */
  private static void change(int firstId, int count, int firstSlot, int slots) throws Exception {
    cells.run(
        NORTH,
        "SET SESSION cte_max_recursion_depth = 10000000",
        "BEGIN",
        "INSERT INTO account.wallet (id, slot, holder, balance) SELECT %d + n, %d + n * %d DIV %d,"
                .formatted(firstId, firstSlot, slots, count)
            + " REPEAT('h', 100), n FROM (WITH RECURSIVE c (n) AS (SELECT 0 UNION ALL SELECT n + 1"
            + " FROM c WHERE n < %d) SELECT n FROM c) x".formatted(count - 1),
        "SAVEPOINT half",
        "UPDATE account.wallet SET version = 1, balance = -balance WHERE id BETWEEN %d AND %d"
            .formatted(firstId - 1, firstId + count - 1),
        "COMMIT");
  }

  private static Pipeline inSmallParts() {
    return inSmallParts(Topology.Capture.DEBEZIUM);
  }

  private static Pipeline inSmallParts(Topology.Capture capture) {
    return Pipeline.start(
        cells
            .settings(NORTH, SOUTH)
            .withCapture(capture)
            .withTransactionLimits(new TransactionAssembler.Limits(1_000, 1 << 20)),
        new SimpleMeterRegistry());
  }

  private static void awaitWork(Pipeline pipeline, int rows) throws Exception {
    await(
        "a large transaction at work",
        Duration.ofSeconds(30),
        () -> pipeline.status().detail().contains(": " + rows + " rows so far"));
    assertThat(pipeline.status().detail()).startsWith(WORKING);
    assertThat(pipeline.status().state()).isEqualTo(State.CATCHING_UP);
  }

  private static void assertEqual() throws Exception {
    String sum = "CHECKSUM TABLE account.wallet";
    assertThat(cells.query(SOUTH, sum)).isEqualTo(cells.query(NORTH, sum));
  }

  @Test
  void aSmallHeapIsEnough(@TempDir Path folder) throws Exception {
    String[] address = cells.topology().topology().coordination().zookeeper().split(":", -1);
    LocalZookeeper zookeeper =
        LocalZookeeper.start(
            folder.resolve("zk"), new Topology.Endpoint(address[0], Integer.parseInt(address[1])));
    Path log = folder.resolve("gc.log");
    SyncProcess sync = new SyncProcess(cells, "south", folder.resolve("sync"));
    try {
      sync.start("-Xmx" + HEAP, "-Xlog:gc:file=" + log);
      sync.awaitReady();
      cells.run(NORTH, "INSERT INTO trade.product VALUES ('before', 1)");
      cells.awaitArrival(NORTH, SOUTH);
      change(10_000_000, ROWS / 2, 10, 20);
      AtomicBoolean told = new AtomicBoolean();
      long from = System.nanoTime();
      String arrived =
          "SELECT COUNT(*) FROM account.wallet WHERE id = %d".formatted(10_000_000 + ROWS / 2 - 1);
      await(
          ROWS + " rows",
          Duration.ofSeconds(250),
          () -> {
            PipelineStatus status = Json.read(sync.get("/sync"), PipelineStatus[].class)[0];
            told.compareAndSet(false, status.detail().contains(WORKING));
            return cells.query(SOUTH, arrived).get(0).equals("1");
          });
      double seconds = (System.nanoTime() - from) / 1e9;
      System.out.printf(
          "large transaction: %,d rows in %.1f s, -Xmx%s, at most %d MiB used%n",
          ROWS, seconds, HEAP, peak(log));
      assertThat(told).isTrue();
      assertThat(sync.log()).doesNotContain("OutOfMemoryError");
      cells.run(NORTH, "INSERT INTO trade.product VALUES ('behind', 1)");
      cells.awaitArrival(NORTH, SOUTH);
      assertEqual();
    } finally {
      sync.kill();
      zookeeper.close();
    }
  }

  /** The most that a collection found in use. */
  private static int peak(Path log) throws Exception {
    Matcher before = Pattern.compile(" (\\d+)M->").matcher(Files.readString(log));
    int peak = 0;
    while (before.find()) {
      peak = Math.max(peak, Integer.parseInt(before.group(1)));
    }
    return peak;
  }

  @Test
  void whateverBreaksInTheMiddleItIsAppliedOnce() throws Exception {
    String reader = "SELECT id FROM information_schema.processlist WHERE command LIKE 'Binlog%'";
    try (Pipeline pipeline = inSmallParts()) {
      List<String> readers;
      try (Connection blocker = blocker(20_002_500)) {
        awaitState(pipeline, State.STREAMING);
        change(20_000_000, 41_000, 40, 1);
        awaitWork(pipeline, 2_000);
        readers = cells.query(NORTH, reader);
        for (String id : readers) {
          cells.kill(NORTH, id);
        }
        blocker.rollback();
      }
      // what is in the sockets' buffers still comes, the end of the transaction does not
      await(
          "the cut, or the reader behind it",
          Duration.ofSeconds(30),
          () ->
              pipeline.status().state() == State.STARTING
                  || !readers.containsAll(cells.query(NORTH, reader)));
      Connection blocker = blocker(20_040_500);
      awaitWork(pipeline, 40_000);
      blocker.abort(Runnable::run); // or its close would speak to a server that is gone
      cells.server(SOUTH).kill();
      cells.startServer(SOUTH);
      assertThat(cells.query(SOUTH, "SELECT id FROM account.wallet WHERE slot = 40")).isEmpty();
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(pipeline.status().conflicts()).isZero();
    }
    assertEqual();
  }

  /** Holds a row that nobody sees: who inserts it, waits. */
  private static Connection blocker(int id) throws Exception {
    Connection connection = cells.server(SOUTH).rootConnection();
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET sql_log_bin = 0");
      connection.setAutoCommit(false);
      statement.execute(
          "INSERT INTO account.wallet VALUES (%d, 40, 'b', 0, 0, NULL)".formatted(id));
    }
    return connection;
  }

  @Test
  void rowsThatAreNotAsTheOwnerHasThemGiveWayInTheirPartWhateverTheCapture() throws Exception {
    int id = 30_000_000;
    for (Topology.Capture capture : Topology.Capture.values()) {
      String insert = "INSERT INTO account.wallet VALUES (%d, 41, 'other', 7, 7, NULL)";
      cells.run(SOUTH, "SET sql_log_bin = 0", insert.formatted(id + 4_567));
      cells.run(NORTH, "SET sql_log_bin = 0", insert.formatted(id - 1));
      try (Pipeline pipeline = inSmallParts(capture)) {
        change(id, 5_000, 41, 1);
        cells.awaitArrival(NORTH, SOUTH);
        await("counted", Duration.ofSeconds(5), () -> pipeline.status().conflicts() == 2);
      }
      assertEqual();
      id += 1_000_000;
    }
  }

  @Test
  void aLargeTransactionThatCameTooLateIsKeptInPartAndNotReplayed() throws Exception {
    cells.run(SOUTH, "UPDATE homecell.hc_slot SET owner = 'south-1', epoch = 3 WHERE slot = 45");
    try (Pipeline pipeline = inSmallParts()) {
      change(40_000_000, 5_000, 42, 4);
      cells.awaitArrival(NORTH, SOUTH);
      await("stranded", Duration.ofSeconds(5), () -> pipeline.status().stranded() == 1);
    }
    assertThat(cells.query(SOUTH, "SELECT id FROM account.wallet WHERE slot BETWEEN 42 AND 45"))
        .isEmpty();
    assertThat(
            cells.query(
                SOUTH,
                "SELECT slots, changes->>'$[0].truncated', changes->>'$[0].rows',"
                    + " changes->>'$[0].rowsByTable.\"account.wallet\"', JSON_LENGTH(changes),"
                    + " changes->>'$[200].after.id', changes->>'$[1].current'"
                    + " FROM homecell.hc_stranded"))
        .containsExactly("[42, 43, 44, 45],true,10000,10000,201,40000199,null");
    StrandedTransactions kept = new StrandedTransactions(cells.database(SOUTH));
    String gtid = cells.query(SOUTH, "SELECT gtid FROM homecell.hc_stranded").get(0);
    assertThat(kept.list(Optional.empty()).get(0).path("rows").asInt()).isEqualTo(10_000);
    assertThatThrownBy(() -> kept.replay(new Decision(gtid, "test", "forced", true)))
        .hasMessageContaining("too large to be kept whole (10000 rows)");
    kept.discard(new Decision(gtid, "test", "a test", false));
    cells.run(
        NORTH, "SET sql_log_bin = 0", "DELETE FROM account.wallet WHERE slot BETWEEN 42 AND 45");
  }
}
