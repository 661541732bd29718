package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class RepairCommandTest {
  private static final String MENDED =
      """
      {"from":"north-1","to":"south-1","dryRun":false,"mended":1,"left":1,"rows":[
       {"schema":"account","table":"entry","key":{"id":"7"},"outcome":"MENDED","detail":""},
       {"schema":"account","table":"entry","key":{"id":"8"},"outcome":"NOT_DELETED",
        "detail":"north-1 has no such row"}]}
      """;

  @TempDir private Path folder;

  @Test
  void rowsAreMendedOnlyByAPersonWhoSaysWhyAndWhatIsLeftIsNamed() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator
          .on(
              "GET /admin/sync",
              200,
              "{\"items\":[{\"source\":\"south-1\",\"target\":\"north-1\","
                  + "\"admin\":\"http://127.0.0.1:"
                  + coordinator.port()
                  + "\"}]}")
          .on("POST /sync/repair", 200, MENDED);
      CellctlRun cellctl = new CellctlRun(folder).withCoordinator(coordinator);
      assertThat(cellctl.run("sync", "repair", "--from", "north-1").exitCode()).isEqualTo(2);
      assertThat(cellctl.run("sync", "repair", "--from", "north-1", "--yes").exitCode())
          .isEqualTo(2);
      assertThat(cellctl.run("sync", "repair", "--from", "west-1", "--dry-run").exitCode())
          .isEqualTo(1);
      assertThat(coordinator.posted()).isEmpty();
      CellctlRun.Result result =
          cellctl.run(
              "sync",
              "repair",
              "--from",
              "north-1",
              "--table",
              "account.entry",
              "--yes",
              "--by",
              "ann",
              "--reason",
              "a crash");
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out())
          .containsPattern("account.entry +id=7 +MENDED")
          .containsPattern("account.entry +id=8 +NOT_DELETED +north-1 has no such row")
          .contains("1 rows of south-1 mended, 1 left");
      assertThat(coordinator.posted())
          .singleElement()
          .hasToString(
              "{\"from\":\"north-1\",\"to\":\"south-1\",\"table\":\"account.entry\","
                  + "\"seconds\":300,\"dryRun\":false,\"delete\":false,\"by\":\"ann\","
                  + "\"reason\":\"a crash\"}");
    }
  }
}
