package io.homecell.cellctl.local;

import io.homecell.cellctl.Target;
import io.homecell.cellctl.Words;
import io.homecell.local.DeploymentLock;
import io.homecell.local.LocalDeployment;
import io.homecell.local.RunningPart;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl down}: stops the local deployment, whoever started it. */
@Command(
    name = "down",
    description =
        "Stops the local deployment: first what users reach, last the stores. Data stays.",
    mixinStandardHelpOptions = true)
public final class DownCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @Option(names = "--dry-run", description = "Say what would be stopped.")
  private boolean dryRun;

  @Override
  public Integer call() {
    Path home = target.home();
    List<RunningPart> processes = target.localProcesses();
    List<String> running =
        processes.stream().filter(RunningPart::isAlive).map(RunningPart::name).toList();
    if (dryRun) {
      tell(
          running.isEmpty() ? "nothing runs" : "would stop: " + String.join(", ", running),
          running);
      return 0;
    }
    if (processes.isEmpty()) {
      tell("nothing runs", running);
      return 0;
    }
    Instant began = Instant.now();
    try (DeploymentLock lock = DeploymentLock.take(home)) {
      assert lock != null;
      LocalDeployment.stopAll(home, new UpProgress(target.err(), running.size()));
    }
    tell(
        "stopped "
            + Words.count(running.size(), "process")
            + " in "
            + Words.aboutSeconds(Duration.between(began, Instant.now())),
        running);
    return 0;
  }

  private void tell(String text, List<String> stopped) {
    if (target.isJson()) {
      target.printJson(Map.of("stopped", stopped));
    } else {
      target.out().println(text);
    }
  }
}
