package io.homecell.sync.pipeline;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.Cells;
import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.PipelineStatus.State;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What was read from a source that dies then may be nowhere else. */
@Timeout(120)
class CapturedIT {
  private static final int TRANSACTIONS = 30;

  @Test
  void whatWasCapturedIsAppliedThoughTheSourceHasDied(@TempDir Path folder) throws Exception {
    try (TwoCells cells = TwoCells.start(folder);
        Pipeline pipeline = cells.pipeline(NORTH, SOUTH);
        Connection holding = cells.server(SOUTH).rootConnection();
        Statement lock = holding.createStatement()) {
      Cells.awaitState(pipeline, State.STREAMING);
      lock.execute("BEGIN");
      lock.executeQuery("SELECT * FROM homecell.hc_slot WHERE slot = 5 FOR UPDATE").close();
      for (int id = 0; id < TRANSACTIONS; id++) {
        cells.run(
            NORTH, "INSERT INTO account.wallet VALUES (%d, 5, 'w', 1, 0, NULL)".formatted(id));
      }
      // waits for nothing: once it is applied, all before it are captured
      cells.run(NORTH, "INSERT INTO trade.product VALUES ('behind them', 1)");
      Cells.await(
          "all captured",
          Duration.ofSeconds(20),
          () -> !cells.query(SOUTH, "SELECT sku FROM trade.product").isEmpty());
      Cells.await(
          "all pending",
          Duration.ofSeconds(20),
          () -> pipeline.status().flow().orElseThrow().pending() >= TRANSACTIONS);
      cells.server(NORTH).kill();
      Cells.await(
          "it knows, " + pipeline.status(),
          Duration.ofSeconds(20),
          () -> pipeline.status().detail().equals(Pipeline.CAPTURED_DETAIL));
      lock.execute("ROLLBACK");
      Cells.await(
          "all applied",
          Duration.ofSeconds(20),
          () ->
              cells
                  .query(SOUTH, "SELECT COUNT(*) FROM account.wallet WHERE slot = 5")
                  .contains(Integer.toString(TRANSACTIONS)));
      assertThat(pipeline.status().recent())
          .hasValueSatisfying(
              recent -> {
                assertThat(recent.transactions()).isBetween(1L, (long) TRANSACTIONS);
                assertThat(recent.slots()).isEqualTo(1);
              });
    }
  }
}
