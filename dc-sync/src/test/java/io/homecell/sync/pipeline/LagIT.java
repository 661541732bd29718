package io.homecell.sync.pipeline;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.topology.Topology;
import io.homecell.sync.Cells;
import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.PipelineStatus.State;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What people alarm on: the lag grows for as long as nothing arrives. */
@Timeout(120)
class LagIT {
  /** Longer than a pipeline takes to notice, and than several of its tries. */
  private static final long GROWN_MILLIS = 5_000;

  private static final Duration WITHIN = Duration.ofSeconds(30);

  @ParameterizedTest
  @EnumSource
  void itGrowsWhicheverServerIsDead(Topology.Capture capture, @TempDir Path folder)
      throws Exception {
    try (TwoCells cells = TwoCells.start(folder)) {
      cells.captureBy(capture);
      try (Pipeline pipeline = cells.pipeline(NORTH, SOUTH)) {
        for (String dead : new String[] {SOUTH, NORTH}) {
          Cells.awaitState(pipeline, State.STREAMING);
          assertThat(lagMillis(pipeline)).isLessThan(GROWN_MILLIS);
          cells.server(dead).kill();
          Cells.await(dead + " shows", WITHIN, () -> lagMillis(pipeline) > GROWN_MILLIS);
          cells.startServer(dead);
          Cells.await("it is back", WITHIN, () -> lagMillis(pipeline) < GROWN_MILLIS);
        }
      }
    }
  }

  private static long lagMillis(Pipeline pipeline) {
    return pipeline.status().lagMillis().orElseThrow();
  }
}
