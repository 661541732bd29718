package io.homecell.sync.pipeline;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static io.homecell.sync.TwoCells.awaitState;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.topology.Topology;
import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.GtidSet;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same with the log itself as the capture. */
class BinlogSchemaChangeIT extends SchemaChangeIT {
  @BeforeAll
  static void start(@TempDir Path folder) {
    SchemaChangeIT.start(folder);
    cells.captureBy(Topology.Capture.BINLOG);
  }

  /** It needs no table to read a row by; what the target's can't take is refused there. */
  @Override
  @Test
  void aTableThatIsNotTheSameAtBothSidesStopsThePipelineBeforeARowIsMisread() throws Exception {
    cells.run(NORTH, "CREATE TABLE account.differs (id INT PRIMARY KEY, n INT, u INT)");
    for (String[] byHand :
        new String[][] {
          {"MODIFY n BIGINT", "3000000000, 1", "TRANSACTION_REFUSED"},
          {"MODIFY u INT UNSIGNED", "1, 4294967295", "TRANSACTION_REFUSED"},
          {"RENAME COLUMN n TO m", "2, 3", "TABLE_UNUSABLE"},
        }) {
      try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
        cells.awaitArrival(NORTH, SOUTH);
        cells.run(NORTH, "SET sql_log_bin = 0", "ALTER TABLE account.differs " + byHand[0]);
        cells.run(
            NORTH,
            "INSERT INTO account.differs SELECT COUNT(*), " + byHand[1] + " FROM account.differs");
        awaitState(pipeline, State.BROKEN);
        assertThat(pipeline.status().detail()).startsWith(byHand[2]);
        cells.run(SOUTH, "SET sql_log_bin = 0", "ALTER TABLE account.differs " + byHand[0]);
        GtidSet wanted = cells.executed(NORTH);
        TwoCells.await(
            "the row",
            Duration.ofSeconds(20),
            () -> wanted.subtract(cells.executed(SOUTH)).isEmpty());
        assertThat(pipeline.status().conflicts()).isZero();
      }
    }
    String all = "SELECT * FROM account.differs ORDER BY id";
    assertThat(cells.query(SOUTH, all)).isEqualTo(cells.query(NORTH, all)).hasSize(3);
  }
}
