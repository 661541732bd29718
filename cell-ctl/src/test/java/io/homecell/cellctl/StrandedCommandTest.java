package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class StrandedCommandTest {
  private static final String GTID = "2a7063b5-f2d0-3494-9766-9fab66c87799:7";
  private static final String KEPT =
      """
      {"items":[{"gtid":"%s","sourceCell":"north-1","keptIn":"south-1","slots":[5],
       "committedAt":"2026-01-01 10:00:00","recordedAt":"2026-01-01 10:05:00.123456","rows":1,
       "users":["7","9"],"operations":["k-1"],"state":"OPEN","decidedBy":null,"reason":null,
       "undoneAt":null,"undoWaits":null,
       "changes":[{"schema":"account","table":"wallet","op":"UPDATE","before":{"id":1,"n":2},
        "after":{"id":1,"n":3},"current":null,"key":["id"]}]}]}
      """
          .formatted(GTID);

  /** Newest first: one that came later, the one that left it, an older one. */
  private static final String OPERATIONS =
      """
      {"items":[%s,%s,%s]}
      """
          .formatted(
              failover("op-3", "2026-01-01T10:30:00Z"),
              failover("op-2", "2026-01-01T10:01:00Z"),
              failover("op-1", "2025-12-01T10:01:00Z"));

  @TempDir private Path folder;

  private static String failover(String id, String startedAt) {
    return """
        {"id":"%s","kind":"FAILOVER","state":"DONE","moves":[{"source":"north-1","target":"south-1"}],
         "steps":[{"step":"PLAN","startedAt":"%s"}]}
        """
        .formatted(id, startedAt);
  }

  @Test
  void theyAreListedShownAndSettledWithWhoAndWhy() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator
          .on(
              "GET /admin/sync",
              200,
              "{\"items\":[{\"source\":\"north-1\",\"target\":\"south-1\",\"admin\":"
                  + "\"http://127.0.0.1:%d\"}]}".formatted(coordinator.port()))
          .on("GET /sync/stranded", 200, KEPT)
          .on("GET /admin/operations", 200, OPERATIONS)
          .on("POST /sync/stranded/discard", 200, KEPT.replace("OPEN", "DISCARDED"))
          .on(
              "POST /sync/stranded/replay",
              409,
              "{\"detail\":\"does not fit: account.wallet id=1\"}");
      CellctlRun cellctl = new CellctlRun(folder).withCoordinator(coordinator);
      assertThat(cellctl.run("sync", "stranded", "list").out())
          .containsPattern(GTID + " +north-1 +south-1 +2026-01-01 10:00:00 +1 +7 9 +OPEN +- +-")
          .contains(
              "op-2: 1 transaction of north-1 with 1 row, 1 open, 0 replayed, 0 discarded, 0"
                  + " undone; users known: 7 9");
      assertThat(
              cellctl
                  .run("sync", "stranded", "list", "-o", "json")
                  .json()
                  .path("failovers")
                  .path(0)
                  .path("operations")
                  .toString())
          .isEqualTo("[\"k-1\"]");
      assertThat(cellctl.run("sync", "stranded", "show", GTID).out())
          .contains("users: 7 9", "operations: k-1", "UPDATE account.wallet")
          .contains("before: {\"id\":1,\"n\":2}")
          .contains("after: {\"id\":1,\"n\":3}")
          .contains("current: no row");

      CellctlRun.Result refused = cellctl.run("sync", "stranded", "replay", GTID, "--by", "ann");
      assertThat(refused.exitCode()).isEqualTo(3);
      assertThat(refused.err()).contains("does not fit: account.wallet id=1");
      assertThat(cellctl.run("sync", "stranded", "replay", GTID, "--force").exitCode())
          .isEqualTo(2);
      assertThat(cellctl.run("sync", "stranded", "discard", GTID).exitCode()).isEqualTo(2);
      CellctlRun.Result several = cellctl.run("sync", "stranded", "replay", GTID, GTID);
      assertThat(several.exitCode()).isEqualTo(3);
      assertThat(several.err()).containsSubsequence(GTID + ": does not fit", GTID + ": does not");
      assertThat(cellctl.run("sync", "stranded", "discard", GTID, GTID, "--reason", "paid").out())
          .containsSubsequence("DISCARDED", "DISCARDED");
      CellctlRun.Result discarded =
          cellctl.run("sync", "stranded", "discard", GTID, "--by", "ann", "--reason", "paid");
      assertThat(discarded.exitCode()).isZero();
      assertThat(discarded.out()).contains("DISCARDED");
      assertThat(coordinator.posted())
          .last()
          .hasToString(
              "{\"cell\":\"south-1\",\"gtid\":\"%s\",\"by\":\"ann\",\"reason\":\"paid\",\"force\":false}"
                  .formatted(GTID));
      assertThat(cellctl.run("sync", "stranded", "show", "x").exitCode()).isEqualTo(2);
    }
  }
}
