package io.homecell.cellctl.load;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.DurationOption;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import io.homecell.core.topology.Topology;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl load}: a load that proves afterwards that nothing was lost or done twice. */
@Command(
    name = "load",
    description = {
      "Sends registrations, deposits, transfers and paid orders through the edges of all",
      "datacenters at a fixed rate, then proves over HTTP that each acknowledged operation is",
      "there exactly once. Exits 1 if a promise was broken. Ctrl-C ends the load early; what was",
      "begun until then is checked all the same."
    },
    mixinStandardHelpOptions = true)
public final class LoadCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @Option(
      names = "--rate",
      paramLabel = "R",
      defaultValue = "100",
      description = "Operations begun in a second (default: ${DEFAULT-VALUE}).")
  private int rate;

  @Option(
      names = "--duration",
      paramLabel = "D",
      defaultValue = "30s",
      converter = DurationOption.class,
      description = "How long, such as 60s or 2m (default: ${DEFAULT-VALUE}).")
  private Duration duration = Duration.ZERO;

  @Option(
      names = "--reads",
      paramLabel = "P",
      defaultValue = "0",
      description = {
        "Of a hundred operations so many read an account or order that was acknowledged,",
        "which must be found (default: ${DEFAULT-VALUE})."
      })
  private int reads;

  @Option(
      names = "--users",
      paramLabel = "N",
      defaultValue = "100",
      description = "Users registered before the clock starts (default: ${DEFAULT-VALUE}).")
  private int users;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "The same seed draws the same operations (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--give-up",
      paramLabel = "D",
      defaultValue = "30s",
      converter = DurationOption.class,
      description =
          "How long a failed request is made again, under its own idempotency key (default:"
              + " ${DEFAULT-VALUE}).")
  private Duration giveUpAfter = Duration.ZERO;

  @Option(
      names = "--settle",
      paramLabel = "D",
      defaultValue = "30s",
      converter = DurationOption.class,
      description =
          "How long transfers, the merchant view and the copies may take to come to rest after the"
              + " load (default: ${DEFAULT-VALUE}).")
  private Duration settleWithin = Duration.ZERO;

  @Override
  public Integer call() throws InterruptedException {
    Topology topology = target.topology();
    LoadRun run = new LoadRun(plan(topology), System.currentTimeMillis());
    try (EarlyEnd early = EarlyEnd.of(() -> endEarly(run))) {
      return call(run);
    }
  }

  private void endEarly(LoadRun run) {
    run.endEarly();
    target.err().println("load: ended early");
    target.err().flush();
  }

  private int call(LoadRun run) throws InterruptedException {
    target
        .err()
        .printf("load: %d users, then %d operations/s for %s%n", users, rate, seconds(duration));
    run.run(
        begun -> {
          if (begun % (rate * 10) == 0 && begun > 0) {
            target.err().printf("load: %d operations begun%n", begun);
          }
        });
    target.err().println("load: done; waiting for everything to come to rest, then checking");
    List<Journal.Entry> history = run.journal().entries();
    Observation seen =
        new Observer(run.client(), run.merchants(), this::differencesBetweenCells)
            .observeAtRest(history, settleWithin);
    LoadReport report =
        LoadReport.of(
            seed,
            history,
            run.client().failures(),
            run.latencyMicros(),
            Checker.check(history, seen));
    if (target.isJson()) {
      target.printJson(report);
    } else {
      target.out().print(report.asText());
      target.out().flush();
    }
    return report.violations().isEmpty() ? 0 : CommandFailure.Kind.FAILED.exitCode();
  }

  private LoadPlan plan(Topology topology) {
    List<URI> edges = new ArrayList<>();
    for (Topology.Datacenter datacenter : topology.datacenters().values()) {
      edges.add(URI.create("http://" + datacenter.router()));
    }
    try {
      return new LoadPlan(
          edges,
          topology.slots().bits(),
          rate,
          duration,
          reads,
          users,
          seed,
          giveUpAfter,
          settleWithin);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private List<String> differencesBetweenCells() {
    List<String> differences = new ArrayList<>();
    for (JsonNode difference :
        ControlPlane.require(target).get("/admin/verify").path("differences")) {
      differences.add(difference.asText());
    }
    return differences;
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1_000.0 + " s";
  }
}
