package io.homecell.cellctl.view;

import io.homecell.cellctl.CommandGroup;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.Words;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyException;
import io.homecell.core.topology.TopologyFile;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code cellctl topology}: what can be done with the topology file alone. */
@Command(
    name = "topology",
    description = "Checks the topology file.",
    mixinStandardHelpOptions = true,
    subcommands = TopologyCommand.Validate.class)
public final class TopologyCommand extends CommandGroup {
  /** Reports every problem of the file in one go. */
  @Command(
      name = "validate",
      description =
          "Validates the file as a whole; every problem with line, column and what is allowed.",
      mixinStandardHelpOptions = true)
  static final class Validate implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Override
    public Integer call() {
      try {
        Topology topology = TopologyFile.read(target.topologyFile());
        print(true, List.of());
        if (!target.isJson()) {
          target
              .out()
              .println(
                  target.topologyFile()
                      + " is valid: "
                      + Words.count(topology.slots().count(), "slot")
                      + ", "
                      + Words.count(topology.datacenters().size(), "datacenter")
                      + ", "
                      + Words.count(topology.cells().size(), "cell"));
        }
        return 0;
      } catch (TopologyException e) {
        print(false, e.problems());
        return 1;
      }
    }

    private void print(boolean valid, List<TopologyException.Problem> problems) {
      if (target.isJson()) {
        target.printJson(
            Map.of("file", target.topologyFile().toString(), "valid", valid, "problems", problems));
      } else {
        problems.forEach(problem -> target.out().println(problem));
      }
    }
  }
}
