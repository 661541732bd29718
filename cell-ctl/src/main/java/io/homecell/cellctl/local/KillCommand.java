package io.homecell.cellctl.local;

import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.Words;
import io.homecell.local.LocalDeployment;
import io.homecell.local.RunningPart;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cellctl kill}: a fault to try, in the local deployment only. */
@Command(
    name = "kill",
    description = {
      "Kills processes of the local deployment as a power cut would (SIGKILL); to see what happens then.",
      "`cellctl up` starts them again."
    },
    mixinStandardHelpOptions = true)
public final class KillCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Victims victims = new Victims();

  /** Which. */
  static final class Victims {
    @Option(
        names = "--datacenter",
        paramLabel = "DC",
        description = "Every process of this datacenter, its MySQL too.")
    private Optional<String> datacenter = Optional.empty();

    @Parameters(
        arity = "1..*",
        paramLabel = "PROCESS",
        description = "Names as `status` shows them, such as north.dc-sync.")
    private List<String> names = List.of();
  }

  @Override
  public Integer call() {
    List<RunningPart> all = target.localProcesses();
    for (String name : victims.names) {
      requireKnown(name, all.stream().map(RunningPart::name).toList());
    }
    victims.datacenter.ifPresent(
        datacenter ->
            requireKnown(
                datacenter,
                all.stream().flatMap(part -> part.datacenter().stream()).distinct().toList()));
    Predicate<RunningPart> hit =
        part ->
            victims.names.contains(part.name())
                || (victims.datacenter.isPresent() && part.datacenter().equals(victims.datacenter));
    List<RunningPart> killed = all.stream().filter(hit).filter(RunningPart::isAlive).toList();
    LocalDeployment.killAll(killed);
    List<String> names = killed.stream().map(RunningPart::name).toList();
    if (target.isJson()) {
      target.printJson(Map.of("killed", names));
    } else {
      target
          .out()
          .println(
              "killed "
                  + Words.count(names.size(), "process")
                  + (names.isEmpty() ? "" : ": " + String.join(", ", names)));
    }
    return 0;
  }

  private static void requireKnown(String name, List<String> known) {
    if (!known.contains(name)) {
      throw CommandFailure.usage(
          "'"
              + name
              + "' (expected: "
              + (known.isEmpty() ? "a process of a deployment, and none runs" : "one of " + known)
              + ")");
    }
  }
}
