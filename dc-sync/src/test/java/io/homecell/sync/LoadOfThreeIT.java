package io.homecell.sync;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static io.homecell.sync.ThreeCells.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.load.LoadRequests;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A third cell joins two that are both at work: it is loaded from one, and gets the other's too.
 */
@Timeout(240)
class LoadOfThreeIT {
  private static final int NORTH_SLOT = 0;
  private static final int WEST_SLOT = 300;
  private static final Duration WITHIN = Duration.ofSeconds(90);

  @Test
  void anEmptyCellIsLoadedFromOneWhileTheThirdIsAtWork(@TempDir Path folder) throws Exception {
    try (ThreeCells cells = ThreeCells.start(folder)) {
      List<Pipeline> pipelines = new ArrayList<>();
      try {
        pipelines.add(cells.pipeline(NORTH, WEST));
        pipelines.add(cells.pipeline(WEST, NORTH));
        WriteLoad.prepare(cells, NORTH, NORTH_SLOT);
        WriteLoad.prepare(cells, WEST, WEST_SLOT);
        cells.run(
            NORTH,
            "UPDATE homecell.hc_slot SET owner = 'north-1', epoch = epoch + 1"
                + " WHERE owner = 'south-1'");
        cells.awaitArrival(NORTH, WEST);
        cells.awaitArrival(WEST, NORTH);
        try (WriteLoad north = WriteLoad.start(cells, NORTH, NORTH_SLOT, 4, 5);
            WriteLoad west = WriteLoad.start(cells, WEST, WEST_SLOT, 4, 5)) {
          new LoadRequests(cells.database(NORTH), cells.database(SOUTH)).begin(false, "test");
          pipelines.add(cells.pipeline(WEST, SOUTH));
          pipelines.add(cells.pipeline(NORTH, SOUTH));
          pipelines.add(cells.pipeline(SOUTH, NORTH));
          pipelines.add(cells.pipeline(SOUTH, WEST));
          Cells.await(
              "the end of the load " + pipelines.stream().map(Pipeline::status).toList(),
              WITHIN,
              () -> cells.query(SOUTH, "SELECT phase FROM homecell.hc_load").contains("DONE"));
          for (Pipeline pipeline : pipelines) {
            Cells.awaitState(pipeline, State.STREAMING);
          }
          long wanted = Math.min(north.committed(), west.committed()) + 100;
          Cells.await(
              "both go on", WITHIN, () -> north.committed() > wanted && west.committed() > wanted);
        }
        pipelines.forEach(Cells::requireSound);
      } finally {
        pipelines.forEach(Pipeline::stop);
        pipelines.forEach(Pipeline::close);
      }
      cells.settle();
      for (String cell : ThreeCells.ALL) {
        assertThat(cells.query(cell, WriteLoad.WRONG)).as(cell).containsExactly("0");
      }
    }
  }
}
