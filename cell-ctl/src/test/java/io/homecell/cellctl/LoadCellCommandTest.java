package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class LoadCellCommandTest {
  private static final String PLAN =
      "{\"tables\":[{\"table\":\"trade.orders\",\"rows\":450000}],\"emptied\":[%s],\"kept\":[],"
          + "\"refusals\":[%s]}";

  @TempDir private Path folder;

  @Test
  void itIsAskedForOfTheProcessThatRunsThePipelineAndOnlyWithAYes() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator
          .on(
              "GET /admin/sync",
              200,
              "{\"items\":[{\"source\":\"north-1\",\"target\":\"south-1\",\"admin\":"
                  + "\"http://127.0.0.1:%d\"}]}".formatted(coordinator.port()))
          .on("POST /sync/load dry", 200, PLAN.formatted("", "\"south-1 is not empty\""))
          .on("POST /sync/load", 200, PLAN.formatted("\"trade.orders\"", ""))
          .on("POST /sync/load", 409, "{\"detail\":\"south-1 owns 512 slots\"}");
      CellctlRun cellctl = new CellctlRun(folder).withCoordinator(coordinator);
      String[] load = {"sync", "load", "--cell", "south-1", "--from", "north-1"};
      assertThat(run(cellctl, load).exitCode()).isEqualTo(2);
      assertThat(coordinator.posted()).isEmpty();

      CellctlRun.Result planned = run(cellctl, load, "--dry-run");
      assertThat(planned.exitCode()).isEqualTo(3);
      assertThat(planned.out()).contains("about 450000").contains("refused: south-1 is not empty");
      assertThat(coordinator.posted().get(0).path("dryRun").asBoolean()).isTrue();
      assertThat(coordinator.posted().get(0).path("restart").asBoolean()).isFalse();

      assertThat(run(cellctl, load, "--restart", "--yes").out())
          .contains("emptied at south-1 first: trade.orders")
          .contains("south-1 is being loaded from north-1: cellctl sync status");
      assertThat(coordinator.posted().get(1).path("restart").asBoolean()).isTrue();
      assertThat(coordinator.posted().get(1).path("pipeline").asText())
          .isEqualTo("north-1-south-1");

      CellctlRun.Result refused = run(cellctl, load, "--yes");
      assertThat(refused.exitCode()).isEqualTo(3);
      assertThat(refused.err()).contains("owns 512 slots");
      assertThat(
              run(cellctl, new String[] {"sync", "load", "--cell", "x", "--from", "y"}, "--yes")
                  .exitCode())
          .isEqualTo(3);
    }
  }

  private static CellctlRun.Result run(CellctlRun cellctl, String[] first, String... more) {
    return cellctl.run(
        java.util.stream.Stream.of(first, more)
            .flatMap(java.util.Arrays::stream)
            .toArray(String[]::new));
  }
}
