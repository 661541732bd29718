package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class VerifyCommandTest {
  private static final String DIFFERS =
      """
      {"source":"north-1","target":"south-1","differing":1,"equal":false,"tables":[
       {"table":"account.entry","slots":12,"rows":300,"undecided":0,"more":0,"differences":[
         {"schema":"account","table":"entry","key":{"user_id":"7","seq":"2"},"kind":"CHANGED",
          "columns":["amount","at"]}]}]}
      """;

  @TempDir private Path folder;

  @Test
  void eachTwoCellsAreComparedOnceAndDifferingRowsAreNamed() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator
          .on("GET /admin/sync", 200, pipelines(coordinator))
          .on("POST /sync/verify", 200, DIFFERS)
          .on("POST /sync/verify", 200, "{\"equal\":true,\"tables\":[]}");
      CellctlRun cellctl = new CellctlRun(folder).withCoordinator(coordinator);
      CellctlRun.Result result =
          cellctl.run("sync", "verify", "--slots", "0-9", "--table", "account.entry");
      assertThat(result.exitCode()).isEqualTo(1);
      assertThat(result.out())
          .contains("north-1 and south-1 are not proven equal")
          .containsPattern("account.entry +12 +300 +1 +0 +-")
          .containsPattern("account.entry +user_id=7 seq=2 +CHANGED +amount, at");
      assertThat(coordinator.posted())
          .singleElement()
          .hasToString(
              "{\"pipeline\":\"north-1-south-1\",\"slots\":\"0-9\","
                  + "\"table\":\"account.entry\",\"seconds\":300}");
      CellctlRun.Result equal = cellctl.run("sync", "verify", "-o", "json");
      assertThat(equal.exitCode()).isZero();
      assertThat(equal.json().path("equal").asBoolean()).isTrue();
      assertThat(cellctl.run("sync", "verify", "--slots", "x").exitCode()).isEqualTo(2);
    }
  }

  private static String pipelines(FakeCoordinator coordinator) {
    String one = "{\"source\":\"%s\",\"target\":\"%s\",\"admin\":\"http://127.0.0.1:%d\"}";
    return "{\"items\":["
        + one.formatted("south-1", "north-1", coordinator.port())
        + ","
        + one.formatted("north-1", "south-1", coordinator.port())
        + "]}";
  }
}
