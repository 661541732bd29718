package io.homecell.sync.pipeline;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.topology.Topology;
import io.homecell.sync.Cells;
import io.homecell.sync.Relay;
import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.PipelineSettings.Patience;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.CellDatabase;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A source that dies without a word, while a transaction waits at the target. */
@Timeout(180)
class SilentSourceIT {
  private static final Patience SHORT = new Patience(Duration.ofSeconds(3), Duration.ofMinutes(10));

  private static TwoCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = TwoCells.start(folder);
    cells.run(
        NORTH,
        "CREATE TABLE account.ticket (id BIGINT PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, name"
            + " VARCHAR(20) NOT NULL UNIQUE)");
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  @ParameterizedTest
  @EnumSource(Topology.Capture.class)
  void itIsNoticedWhileATransactionIsRefusedAndThePipelineGoesOnWhenItIsBack(
      Topology.Capture capture) throws Exception {
    int id = 10 * (1 + capture.ordinal());
    CellDatabase north = cells.database(NORTH);
    try (Relay cable = Relay.start(north.mysql());
        Pipeline pipeline =
            Pipeline.start(
                PipelineSettings.of(
                        new CellDatabase(NORTH, cable.endpoint(), north.replication()),
                        cells.database(SOUTH),
                        1_000_009)
                    .withCapture(capture)
                    .withPatience(SHORT),
                new SimpleMeterRegistry())) {
      Cells.awaitState(pipeline, State.STREAMING);
      String name = "'" + capture + "'";
      cells.run(
          SOUTH,
          "SET sql_log_bin = 0",
          "INSERT INTO account.ticket VALUES (" + (id + 9) + ", 3, " + name + ")");
      cells.run(NORTH, "INSERT INTO account.ticket VALUES (" + id + ", 1, " + name + ")");
      Cells.awaitState(pipeline, State.BROKEN);
      assertThat(pipeline.status().detail()).startsWith("TRANSACTION_REFUSED");

      cable.swallow();
      Cells.await(
          "the silence, it is " + pipeline.status(),
          Duration.ofSeconds(15),
          () -> {
            PipelineStatus now = pipeline.status();
            return now.state() == State.STARTING && now.detail().contains("nothing heard for ");
          });

      cable.mend();
      Cells.awaitState(pipeline, State.BROKEN); // it is refused as before, and everything else
      cells.run(NORTH, "INSERT INTO account.ticket VALUES (" + (id + 1) + ", 5, UUID_SHORT())");
      Cells.await(
          "what was written behind it",
          Duration.ofSeconds(30),
          () ->
              !cells.query(SOUTH, "SELECT 1 FROM account.ticket WHERE id = " + (id + 1)).isEmpty());
      cells.run(SOUTH, "SET sql_log_bin = 0", "DELETE FROM account.ticket WHERE id = " + (id + 9));
      Cells.awaitState(pipeline, State.STREAMING);
      cells.awaitArrival(NORTH, SOUTH);
    }
  }
}
