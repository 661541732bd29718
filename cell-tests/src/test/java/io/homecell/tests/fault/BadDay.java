package io.homecell.tests.fault;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A datacenter is lost and returns, with all that an operator does meanwhile. */
final class BadDay {
  private static final Duration MOVED_WITHIN = Duration.ofSeconds(120);

  private final FaultedDeployment deployment;

  BadDay(FaultedDeployment deployment) {
    this.deployment = deployment;
  }

  /** Everything of it dies, its users go to the other, it comes back, and so do they. */
  void loseAndReturn(String datacenter) throws Exception {
    deployment.killDatacenter(datacenter);
    failOver(datacenter);
    deployment.startAll();
    settleAndFailBack();
  }

  void failOver(String datacenter) throws Exception {
    deployment.cellctlUntilDone(
        MOVED_WITHIN, "failover", "--from", datacenter, "--yes", "--reason", "fault test");
  }

  /** Asks again and again, as it is refused until all is read, decided on, undone and compared. */
  void settleAndFailBack() throws Exception {
    deployment.await(
        "the returned datacenter may own again",
        MOVED_WITHIN,
        () -> {
          decide();
          return deployment.cellctl("failback", "--yes").exitCode() == 0;
        });
  }

  /** What came too late is decided on: here, it is not wanted. */
  private void decide() throws Exception {
    Map<String, List<String>> open = new TreeMap<>();
    for (JsonNode one : deployment.strandedOpen()) {
      open.computeIfAbsent(one.path("keptIn").asText(), cell -> new ArrayList<>())
          .add(one.path("gtid").asText());
    }
    for (Map.Entry<String, List<String>> kept : open.entrySet()) {
      List<String> command = new ArrayList<>(List.of("sync", "stranded", "discard"));
      command.addAll(kept.getValue());
      command.addAll(List.of("--cell", kept.getKey(), "--reason", "fault test"));
      deployment.cellctl(command.toArray(String[]::new));
    }
  }
}
