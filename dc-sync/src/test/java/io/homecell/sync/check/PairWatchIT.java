package io.homecell.sync.check;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static io.homecell.sync.Cells.await;
import static io.homecell.sync.Cells.awaitState;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.Flow;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a pipeline says of its two servers before it is too late. */
@Timeout(120)
class PairWatchIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  private static TwoCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) {
    cells = TwoCells.start(folder);
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  private static void awaitWarning(Pipeline pipeline, String... parts) throws Exception {
    String wanted = String.join(" .. ", parts);
    await(
        wanted + " among " + pipeline.status().warnings(),
        SOON,
        () ->
            pipeline.status().warnings().stream()
                .anyMatch(warning -> List.of(parts).stream().allMatch(warning::contains)));
  }

  @Test
  void aSettingThatIsChangedWhileItRunsStopsThePipelineByNameAndNoRowArrivesChanged()
      throws Exception {
    cells.run(NORTH, "INSERT INTO account.wallet VALUES (1, 1, 'w', 10, 0, NULL)");
    try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.awaitArrival(NORTH, SOUTH);
      awaitState(pipeline, State.STREAMING);

      // nothing is written: it is the setting that is seen
      cells.run(NORTH, "SET GLOBAL binlog_row_image = 'MINIMAL'");
      awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail())
          .contains("SOURCE_SETTINGS", "set binlog_row_image='FULL', it is 'MINIMAL'");
      cells.run(NORTH, "SET GLOBAL binlog_row_image = 'FULL'");
      awaitState(pipeline, State.STREAMING);

      // of a session alone, no look at the server shows it
      cells.run(
          NORTH,
          "SET SESSION binlog_row_image = 'MINIMAL'",
          "UPDATE account.wallet SET balance = 11 WHERE id = 1");
      awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail())
          .contains("SOURCE_SETTINGS", "account.wallet", "written in part");
      // the first of those that are missing: heartbeats may be behind it
      String missing = cells.executed(NORTH).subtract(cells.executed(SOUTH)).toString();
      cells.run(
          SOUTH,
          "SET GTID_NEXT = '" + missing.replaceAll("^([^:]+:[0-9]+).*", "$1") + "'",
          "UPDATE account.wallet SET balance = 11 WHERE id = 1",
          "SET GTID_NEXT = 'AUTOMATIC'");
      awaitState(pipeline, State.STREAMING);
      assertThat(cells.query(SOUTH, "SELECT * FROM account.wallet WHERE id = 1"))
          .isEqualTo(cells.query(NORTH, "SELECT * FROM account.wallet WHERE id = 1"));

      cells.run(SOUTH, "SET GLOBAL gtid_mode = 'ON_PERMISSIVE'");
      await("gtid_mode", SOON, () -> pipeline.status().detail().contains("set gtid_mode='ON'"));
      cells.run(SOUTH, "SET GLOBAL gtid_mode = 'ON'");
      awaitState(pipeline, State.STREAMING);
    }
  }

  @Test
  void whatWillStopItOneDayIsNamedWithWhatToDoUntilThatIsDone() throws Exception {
    String user = "'" + cells.database(SOUTH).replication().user() + "'@'%'";
    cells.run(
        NORTH,
        "CREATE TABLE trade.numbered (id BIGINT AUTO_INCREMENT PRIMARY KEY, slot SMALLINT)",
        "SET sql_log_bin = 0",
        "CREATE TABLE trade.only_here (id BIGINT PRIMARY KEY)");
    cells.run(SOUTH, "SET sql_log_bin = 0", "REVOKE DELETE, INDEX ON trade.* FROM " + user);
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (Pipeline pipeline = Pipeline.start(cells.settings(NORTH, SOUTH), registry)) {
      cells.awaitArrival(NORTH, SOUTH);
      awaitWarning(pipeline, "NO_KEY: ", "trade.no_key");
      awaitWarning(pipeline, "SCHEMA_DIFFERS: ", "trade.only_here is not at south-1");
      awaitWarning(pipeline, "AUTO_INCREMENT: ", "trade.numbered", "auto_increment_increment=2");
      awaitWarning(
          pipeline,
          "PRIVILEGES: at south-1",
          "GRANT DELETE, INDEX ON `trade`.* TO " + user.replace('\'', '`'));
      assertThat(warned(registry, "NO_KEY")).isOne();
      assertThat(warned(registry, "RETENTION")).isZero();
      assertThat(pipeline.status().state()).isNotEqualTo(State.BROKEN);

      for (String cell : List.of(NORTH, SOUTH)) {
        cells.run(
            cell,
            "SET GLOBAL auto_increment_increment = 2",
            "SET GLOBAL auto_increment_offset = " + (cell.equals(NORTH) ? 1 : 2),
            "SET sql_log_bin = 0",
            "ALTER TABLE trade.no_key ADD COLUMN id BIGINT PRIMARY KEY",
            "DROP TABLE IF EXISTS trade.only_here");
      }
      cells.run(SOUTH, "SET sql_log_bin = 0", "GRANT DELETE, INDEX ON trade.* TO " + user);
      cells.run(NORTH, "DROP TABLE trade.numbered"); // a schema change: all is looked at anew
      await(
          "no warning, instead of " + pipeline.status().warnings(),
          SOON,
          () -> pipeline.status().warnings().isEmpty());
    }
  }

  private static double warned(SimpleMeterRegistry registry, String name) {
    return registry.get("hc.sync.warnings").tag("warning", name).gauge().value();
  }

  @Test
  void aSourceThatWillSoonPurgeWhatTheTargetLacksIsNamedAndTheFlowIsMeasured() throws Exception {
    try (Connection blocker = cells.server(SOUTH).rootConnection();
        Statement lock = blocker.createStatement();
        Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
      cells.run(NORTH, "INSERT INTO account.wallet VALUES (50, 1, 'w', 10, 0, NULL)");
      cells.awaitArrival(NORTH, SOUTH);
      awaitState(pipeline, State.STREAMING);
      // the first beats have waited for the capture to start, and are counted after they are seen
      await(
          "lags, of " + pipeline.status().flow(),
          SOON,
          () -> {
            Flow flow = pipeline.status().flow().orElseThrow();
            return flow.beatP50Millis().filter(lag -> lag >= 0.1 && lag <= 5e3).isPresent()
                && flow.commitP99Millis().filter(lag -> lag >= 0.1 && lag <= 20e3).isPresent();
          });

      cells.run(NORTH, "SET GLOBAL binlog_expire_logs_seconds = 6");
      lock.execute("BEGIN");
      lock.execute("SELECT * FROM account.wallet WHERE id = 50 FOR UPDATE");
      cells.run(NORTH, "UPDATE account.wallet SET balance = 11, version = 1 WHERE id = 50");
      awaitWarning(pipeline, "RETENTION: ", "raise binlog_expire_logs_seconds at north-1");
      await(
          "what is pending, of " + pipeline.status().flow(),
          SOON,
          () -> {
            Flow stalled = pipeline.status().flow().orElseThrow();
            return stalled.pending() > 0 && stalled.pendingBytes() > 0 && stalled.lanesBusy() > 0;
          });
      lock.execute("ROLLBACK");
      cells.run(NORTH, "SET GLOBAL binlog_expire_logs_seconds = 86400");
      cells.awaitArrival(NORTH, SOUTH);
      await(
          "a rate",
          SOON,
          () -> pipeline.status().flow().orElseThrow().transactionsPerSecond() > 0.5);
    }
  }
}
