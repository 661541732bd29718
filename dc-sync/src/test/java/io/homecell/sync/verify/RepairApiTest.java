package io.homecell.sync.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttling;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RepairApiTest {
  private static CellDatabase cell(String name) {
    return new CellDatabase(name, new Endpoint("127.0.0.1", 1), new Credentials("r", "x"));
  }

  @Test
  void copiesAreNeverMadeTheCentersRows() {
    CellDatabase center = cell("north-1");
    CellDatabase copy = cell("west-1");
    PipelineVerification verification =
        new PipelineVerification(
            center,
            copy,
            new CarriedTables.Copies(new TreeSet<>(Set.of("catalog")), FrameworkTables.HEARTBEAT),
            new CopyVerification.NothingKept(),
            Throttling.NONE,
            new SimpleMeterRegistry());
    RepairApi api =
        new RepairApi(
            List.of(
                new RepairApi.Pair(
                    center, copy, verification, List.of(copy), Map.of("catalog", "north-1"))));
    Answer answer =
        api.answer(
            new Request(
                "POST",
                "/sync/repair",
                Map.of(),
                "{\"from\": \"west-1\", \"to\": \"north-1\", \"by\": \"ann\", \"reason\": \"x\"}"));
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body().toString())
        .contains("from: 'west-1' only has copies (expected: north-1, the center)");
  }
}
