package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class RaiseCommandTest {
  private static final String PATH = "POST /admin/routes/raise";
  private static final String ANSWER =
      "{\"findings\":[\"the route table has epoch 2, 5 was seen\"],"
          + "\"changes\":[\"route table: epoch 2 -> 6\"]}";

  @TempDir private Path folder;

  @Test
  void tellsWhatItWouldWriteAndWritesOnlyWhatIsMeant() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator
          .on(PATH + " dry", 200, ANSWER)
          .on(PATH, 200, ANSWER)
          .on(PATH, 409, "{\"detail\":\"CELL_UNREACHABLE: south-1 is away\"}");
      CellctlRun cellctl = new CellctlRun(folder).withCoordinator(coordinator);
      assertThat(cellctl.run("routes", "raise", "--dry-run").out())
          .contains("found: the route table has epoch 2, 5 was seen")
          .contains("would write: route table: epoch 2 -> 6");
      assertThat(cellctl.run("routes", "raise", "--yes").exitCode()).isEqualTo(2);
      assertThat(cellctl.run("routes", "raise", "--reason", "restored").exitCode()).isEqualTo(2);
      assertThat(coordinator.posted()).hasSize(1);
      String[] meant = {"routes", "raise", "--yes", "--reason", "restored", "--without", "south-1"};
      assertThat(cellctl.run(meant).out()).contains("wrote: route table: epoch 2 -> 6");
      assertThat(coordinator.posted().get(1).path("reason").asText()).isEqualTo("restored");
      assertThat(coordinator.posted().get(1).path("without").get(0).asText()).isEqualTo("south-1");
      CellctlRun.Result refused = cellctl.run(meant);
      assertThat(refused.exitCode()).isEqualTo(3);
      assertThat(refused.err()).contains("CELL_UNREACHABLE");
    }
  }
}
