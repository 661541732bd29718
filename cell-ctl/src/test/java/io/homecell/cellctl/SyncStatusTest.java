package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class SyncStatusTest {
  private static final String TWO =
      """
      {"items":[
       {"source":"north-1","target":"south-1","state":"CATCHING_UP","lagMillis":734000,
        "at":"2026-01-01T10:07:30Z","throttled":"throttled: south-1 -> west-1 is 4.2 s behind (limit 2 s)",
        "applied":123456789,"skipped":1234567,"stranded":12,"conflicts":3,
        "verified":{"at":"2026-01-01T10:00:00Z","differences":7,"equal":false},
        "flow":{"beatP50Millis":2.1,"beatP99Millis":9.4,"commitP50Millis":3.2,
         "commitP99Millis":18432.5,"transactionsPerSecond":10234.4,"rowsPerSecond":20468.1,
         "pending":2000,"pendingBytes":1000000,"lanesBusy":8,"retries":31,"barriers":2},
        "warnings":["NO_KEY: trade.no_key: no primary key, nor a unique one without NULL; to change or delete a row reads the whole table, one transaction after another: give it one"]},
       {"source":"south-1","target":"north-1","state":"BROKEN","lagMillis":4,
        "detail":"SOURCE_SETTINGS: south-1 (127.0.0.1:3306): set binlog_row_image='FULL', it is 'MINIMAL'",
        "applied":5,"skipped":0,"stranded":0,"conflicts":0,"flow":{"beatP99Millis":9.4,
         "transactionsPerSecond":0.0,"rowsPerSecond":0.0,"pending":0},"warnings":[]}]}
      """;

  @TempDir private Path folder;

  @Test
  void eachPipelineIsOneLineOf120ColumnsAndSaysBelowWhyItWaitsAndWhatToSet() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator.on("GET /admin/sync", 200, TWO);
      CellctlRun cellctl = new CellctlRun(folder).withCoordinator(coordinator);
      String out = cellctl.run("sync", "status").out();
      assertThat(out)
          .containsPattern(
              "north-1 -> south-1 +CATCHING_UP +12 min +18 s +10234 +2000 +12 +3 +7 differ +1, below")
          .containsPattern("south-1 -> north-1 +BROKEN +4.0 ms +9.4 ms +0.0 +0 +0 +0 +- +-")
          .contains(
              "\nnorth-1 -> south-1\n  its verification or repair is throttled: ",
              "\n  warning NO_KEY: trade.no_key: no primary key")
          .contains(
              "\nsouth-1 -> north-1\n  SOURCE_SETTINGS: south-1 (127.0.0.1:3306): set binlog_");
      assertThat(out)
          .containsPattern(
              "its verification or repair is throttled: south-1 -> west-1 is 4.2 s\\s+behind");
      assertThat(out.lines()).allMatch(line -> line.length() <= 120);
      String wide = cellctl.run("sync", "status", "--wide").out();
      assertThat(wide)
          .startsWith(out.stripTrailing())
          .containsPattern(
              "north-1 -> south-1 +2.1 ms +9.4 ms +3.2 ms +18 s +10234 +20468 +8 +31 +2 +7 min ago")
          .containsPattern("south-1 -> north-1 +- +9.4 ms +- +- +0.0 +0.0 +- +- +- +never");
      assertThat(wide.lines()).allMatch(line -> line.length() <= 120);
      JsonNode one = cellctl.run("sync", "status", "-o", "json").json().path("items").path(0);
      assertThat(one.path("flow").path("commitP99Millis").asDouble()).isEqualTo(18432.5);
      assertThat(one.path("warnings").path(0).asText()).startsWith("NO_KEY: ");
    }
  }

  @Test
  void nothingThatReportsIsSaidSo() throws IOException {
    try (FakeCoordinator coordinator = new FakeCoordinator()) {
      coordinator.on("GET /admin/sync", 200, "{\"items\":[]}");
      assertThat(new CellctlRun(folder).withCoordinator(coordinator).run("sync", "status").out())
          .contains("no pipeline has reported yet");
    }
  }
}
