package io.homecell.cellctl.local;

import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.Words;
import io.homecell.core.topology.Topology;
import io.homecell.local.DeploymentLock;
import io.homecell.local.LocalDeployment;
import io.homecell.local.Part;
import io.homecell.local.PartRole;
import io.homecell.local.ProjectTree;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl up}: the whole deployment on this machine. */
@Command(
    name = "up",
    description = {
      "Starts what the topology asks for on this machine: ZooKeeper, a MySQL server for each cell, and",
      "for each datacenter a router, account, trade, replication and coordinator. Data survives."
    },
    mixinStandardHelpOptions = true)
public final class UpCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @Option(
      names = {"-d", "--detach"},
      description = "Return when everything is ready; without it, Ctrl-C stops everything.")
  private boolean detach;

  @Option(names = "--fresh", description = "Delete the data of the deployment first.")
  private boolean fresh;

  @Option(
      names = "--dry-run",
      description = "Say what would be started and what is in the way, start nothing.")
  private boolean dryRun;

  @Option(
      names = "--mysqld",
      paramLabel = "PATH",
      description =
          "The MySQL server program, or `bundled`; the one on the PATH if not given, else the bundled.")
  private Optional<Path> mysqld = Optional.empty();

  @Option(
      names = "--only",
      hidden = true,
      split = ",",
      description = "Only these roles, for tests of this command.")
  private List<String> only = List.of();

  @Override
  public Integer call() {
    Topology topology = target.topology();
    Path home = target.home();
    LocalDeployment deployment;
    boolean allOurs;
    try (DeploymentLock lock = DeploymentLock.take(home)) {
      if (fresh && !dryRun) {
        clear(home);
      }
      deployment = open(topology, home);
      if (dryRun) {
        return plan(deployment, home);
      }
      allOurs = deployment.missing().size() == deployment.parts().size();
      if (!start(deployment, home)) {
        return 0;
      }
      assert lock != null;
    }
    if (detach || !allOurs) {
      return 0;
    }
    return new Foreground(deployment, home, target.out()).stay();
  }

  private LocalDeployment open(Topology topology, Path home) {
    Set<PartRole> roles =
        only.isEmpty()
            ? EnumSet.allOf(PartRole.class)
            : only.stream().map(PartRole::ofLabel).collect(Collectors.toSet());
    return LocalDeployment.open(
        new LocalDeployment.Settings(
            topology, target.topologyFile(), home, ProjectTree.find(), mysqld, true, roles));
  }

  private void clear(Path home) {
    if (target.localProcesses().stream().anyMatch(part -> part.isAlive())) {
      throw CommandFailure.refused(
          "--fresh would delete the data of a deployment that runs: `cellctl down` first");
    }
    Home.clear(home);
  }

  private int plan(LocalDeployment deployment, Path home) {
    List<String> obstacles = obstacles(deployment, home);
    List<String> missing = deployment.missing().stream().map(Part::name).toList();
    if (target.isJson()) {
      target.printJson(Map.of("start", missing, "obstacles", obstacles));
    } else {
      target
          .out()
          .println(
              missing.isEmpty() ? "everything runs" : "would start: " + String.join(", ", missing));
      obstacles.forEach(obstacle -> target.out().println("in the way: " + obstacle));
    }
    return obstacles.isEmpty() ? 0 : CommandFailure.Kind.REFUSED.exitCode();
  }

  private static List<String> obstacles(LocalDeployment deployment, Path home) {
    List<String> obstacles = new ArrayList<>(deployment.obstacles());
    Home.tooFull(home).ifPresent(obstacles::add);
    return obstacles;
  }

  /** Starts what is missing; says whether anything was. */
  private boolean start(LocalDeployment deployment, Path home) {
    List<Part> missing = deployment.missing();
    int running = deployment.parts().size() - missing.size();
    if (missing.isEmpty()) {
      say("all " + running + " processes run already");
      finish(deployment.topology(), deployment);
      return false;
    }
    List<String> obstacles = obstacles(deployment, home);
    if (!obstacles.isEmpty()) {
      throw CommandFailure.refused("nothing was started:", obstacles);
    }
    if (running > 0) {
      say(running + " processes run already; starting the other " + missing.size());
    } else {
      say(
          "starting "
              + Words.count(missing.size(), "process")
              + " of "
              + target.topologyFile()
              + ", data and logs in "
              + home);
    }
    Instant began = Instant.now();
    StopOnExit guard = StopOnExit.during(deployment, target.err());
    deployment.start(new UpProgress(progress(), missing.size()));
    guard.release();
    say("ready in " + Words.aboutSeconds(Duration.between(began, Instant.now())));
    finish(deployment.topology(), deployment);
    return true;
  }

  private void finish(Topology topology, LocalDeployment deployment) {
    if (target.isJson()) {
      Map<String, Object> json = new LinkedHashMap<>();
      topology
          .datacenters()
          .forEach((name, datacenter) -> json.put(name, "http://" + datacenter.router()));
      target.printJson(Map.of("routers", json, "processes", deployment.processes()));
      return;
    }
    say("");
    FirstSteps.lines(topology).forEach(this::say);
  }

  private java.io.PrintWriter progress() {
    return target.isJson() ? target.err() : target.out();
  }

  private void say(String line) {
    progress().println(line);
    progress().flush();
  }
}
