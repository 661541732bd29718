package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class DdlCommandTest {
  private static final String GTID = "3e11fa47-71ca-11e1-9e33-c80aa9429562:23";

  @TempDir private Path folder;

  @Test
  void aDecisionGoesToTheProcessThatRunsThePipelineAndARefusalIsToldAsThat() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator
          .on(
              "GET /admin/sync",
              200,
              "{\"items\":[{\"source\":\"north-1\",\"target\":\"south-1\",\"admin\":"
                  + "\"http://127.0.0.1:%d\"}]}".formatted(coordinator.port()))
          .on("POST /sync/ddl", 200, "{\"statement\":\"CREATE VIEW v\"}")
          .on("POST /sync/ddl", 409, "{\"detail\":\"north-1-south-1 stands at another\"}");
      CellctlRun cellctl = new CellctlRun(folder).withCoordinator(coordinator);
      assertThat(run(cellctl, "apply", "north-1-south-1").exitCode()).isEqualTo(2);
      assertThat(coordinator.posted()).isEmpty();
      assertThat(run(cellctl, "apply", "north-1-south-1", "--yes").out())
          .contains(GTID + " is applied: CREATE VIEW v");
      assertThat(coordinator.posted().get(0).path("action").asText()).isEqualTo("apply");
      assertThat(coordinator.posted().get(0).path("gtid").asText()).isEqualTo(GTID);
      CellctlRun.Result refused = run(cellctl, "skip", "north-1-south-1", "--yes");
      assertThat(refused.exitCode()).isEqualTo(3);
      assertThat(refused.err()).contains("stands at another");
      assertThat(run(cellctl, "skip", "nowhere", "--yes").exitCode()).isEqualTo(3);
    }
  }

  private static CellctlRun.Result run(
      CellctlRun cellctl, String action, String pipeline, String... more) {
    java.util.List<String> all =
        new java.util.ArrayList<>(
            java.util.List.of("sync", "ddl", action, "--pipeline", pipeline, "--gtid", GTID));
    all.addAll(java.util.List.of(more));
    return cellctl.run(all.toArray(String[]::new));
  }
}
