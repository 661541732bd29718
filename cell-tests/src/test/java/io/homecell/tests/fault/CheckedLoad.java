package io.homecell.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.tests.deployment.CellctlProcess;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A load that runs while faults are made, and a watch for two writers beside it. At its end every
 * acknowledged write is there once, or is named as stranded.
 */
final class CheckedLoad implements AutoCloseable {
  private static final String RATE = "12";
  private static final Duration BEGUN_WITHIN = Duration.ofSeconds(60);
  private static final Duration ENDED_WITHIN = Duration.ofMinutes(7);

  private final FaultedDeployment deployment;
  private final OneWriterWatch watch;
  private final CellctlProcess.Running load;

  private CheckedLoad(FaultedDeployment deployment, CellctlProcess.Running load) {
    this.deployment = deployment;
    this.load = load;
    this.watch = new OneWriterWatch(deployment);
  }

  /** Starts it and waits until operations are begun. It goes on until {@link #endAndJudge}. */
  static CheckedLoad start(FaultedDeployment deployment, long seed) throws Exception {
    CellctlProcess.Running load =
        deployment
            .cellctl()
            .start(
                "load",
                "--rate",
                RATE,
                "--duration",
                "60m",
                "--users",
                "40",
                "--seed",
                Long.toString(seed),
                "--give-up",
                "120s",
                "--settle",
                "120s",
                "-o",
                "json");
    CheckedLoad made = new CheckedLoad(deployment, load);
    try {
      deployment.await("the load has begun", BEGUN_WITHIN, () -> begun(load));
      return made;
    } catch (Exception | AssertionError e) {
      made.close();
      throw e;
    }
  }

  private static boolean begun(CellctlProcess.Running load) throws Exception {
    String said = Files.readString(load.err());
    assertThat(load.process().isAlive()).as(said).isTrue();
    return said.contains("operations begun");
  }

  /** Ends the load, waits for its checks, and judges what it and the watch have found. */
  JsonNode endAndJudge() throws Exception {
    deployment.history.add("the load ends");
    assertThat(load.process().isAlive())
        .as("the load ran until now: %s", Files.readString(load.err()))
        .isTrue();
    load.interrupt();
    JsonNode report = load.await(ENDED_WITHIN).json();
    watch.close();
    assertThat(watch.found()).as("%s", deployment.history).isEmpty();
    assertThat(watch.looks()).isGreaterThan(10);
    List<Finding> unnamed = unnamed(report);
    assertThat(unnamed).as("%s", deployment.history).isEmpty();
    deployment.history.add(
        "judged: %s, longest pause %s ms, %s lost and named, %s looks for two writers"
            .formatted(
                report.path("operations"),
                report.path("longestPauseMillis"),
                report.path("violations").size(),
                watch.looks()));
    return report;
  }

  private record Finding(String kind, String detail) {}

  /**
   * What the load has found beyond that which a lost datacenter explains: a write that is named as
   * stranded, or the credit of a transfer whose debit is (and then money is not conserved).
   */
  private List<Finding> unnamed(JsonNode report) throws Exception {
    Set<String> stranded = deployment.strandedIds();
    List<Finding> unnamed = new ArrayList<>();
    boolean creditStands = false;
    for (JsonNode violation : report.path("violations")) {
      Finding finding =
          new Finding(violation.path("kind").asText(), violation.path("detail").asText());
      boolean credit = finding.detail().startsWith("credit of transfer ");
      boolean named = stranded.contains(finding.detail().split("\\D+")[1]);
      if (named && (finding.kind().equals("LOST") || credit)) {
        creditStands |= credit;
      } else {
        unnamed.add(finding);
      }
    }
    if (creditStands) {
      unnamed.removeIf(finding -> finding.kind().equals("MONEY_NOT_CONSERVED"));
    }
    return unnamed;
  }

  @Override
  public void close() {
    load.close();
    watch.close();
  }
}
