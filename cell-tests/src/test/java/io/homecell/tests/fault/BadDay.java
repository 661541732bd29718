package io.homecell.tests.fault;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.tests.deployment.CellctlProcess;
import java.time.Duration;

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
    for (JsonNode one : deployment.strandedOpen()) {
      CellctlProcess.Result result =
          deployment.cellctl(
              "sync",
              "stranded",
              "discard",
              one.path("gtid").asText(),
              "--cell",
              one.path("keptIn").asText(),
              "--reason",
              "fault test");
      if (result.exitCode() != 0) {
        return;
      }
    }
  }
}
