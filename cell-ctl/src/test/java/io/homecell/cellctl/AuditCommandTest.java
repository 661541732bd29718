package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class AuditCommandTest {
  @TempDir private Path folder;
  private FakeCoordinator coordinator;
  private CellctlRun cellctl;

  private static String item(int number, String operation) {
    return """
        {"id":"2026-11-27/e%010d","entry":{"at":"2026-11-27T03:00:0%dZ","who":"ann@ops","what":"operation.begin",
         "operation":"%s","reason":"drill","detail":"entry %d"}}
        """
        .formatted(number, number, operation, number);
  }

  @BeforeEach
  void start() throws IOException {
    coordinator = new FakeCoordinator();
    cellctl = new CellctlRun(folder).withCoordinator(coordinator);
    coordinator
        .on(
            "GET /admin/audit",
            200,
            "{\"items\":["
                + item(3, "op-2")
                + ","
                + item(2, "op-1")
                + "],\"next\":\"2026-11-27/e0000000002\"}")
        .on("GET /admin/audit", 200, "{\"items\":[" + item(1, "op-1") + "]}");
  }

  @AfterEach
  void stop() {
    coordinator.close();
  }

  @Test
  void allPagesAreReadAndTheNewestIsLast() {
    CellctlRun.Result result = cellctl.run("audit", "--since", "2026-11-27T00:00:00Z");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out().lines())
        .containsExactly(
            "2026-11-27T03:00:01Z  ann@ops  operation.begin  op-1  entry 1; reason: drill",
            "2026-11-27T03:00:02Z  ann@ops  operation.begin  op-1  entry 2; reason: drill",
            "2026-11-27T03:00:03Z  ann@ops  operation.begin  op-2  entry 3; reason: drill");
  }

  @Test
  void itCanBeLimitedAndFiltered() {
    CellctlRun.Result one = cellctl.run("audit", "--limit", "1");
    assertThat(one.out()).contains("there are more").contains("entry 3").doesNotContain("entry 2");
    CellctlRun.Result json = cellctl.run("audit", "--operation", "op-1", "-o", "json");
    assertThat(json.json().path("items")).hasSize(1);
    assertThat(json.json().path("more").asBoolean()).isFalse();
  }

  @Test
  void misuseExitsWithTwo() {
    assertThat(cellctl.run("audit", "--since", "yesterday").exitCode()).isEqualTo(2);
    assertThat(cellctl.run("audit", "--limit", "0").exitCode()).isEqualTo(2);
  }
}
