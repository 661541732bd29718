package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.CommandGroup;
import io.homecell.cellctl.Operator;
import io.homecell.cellctl.Target;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl sync ddl}: decides on a schema change at which a pipeline stands. */
@Command(
    name = "ddl",
    description = "Decides on the statement at which a pipeline stands in the state SCHEMA_CHANGE.",
    mixinStandardHelpOptions = true,
    subcommands = {DdlCommand.Apply.class, DdlCommand.Skip.class})
final class DdlCommand extends CommandGroup {
  /** A statement on a large table takes its time. */
  private static final Duration ANSWER_WITHIN = Duration.ofHours(1);

  /** Which statement, and the certainty that it is meant. */
  static final class Decision {
    @Mixin private Target target = new Target();

    @Option(
        names = "--pipeline",
        required = true,
        paramLabel = "SOURCE-TARGET",
        description = "Such as north-1-south-1.")
    private String pipeline = "";

    @Option(
        names = "--gtid",
        required = true,
        paramLabel = "UUID:N",
        description = "The statement, as `sync status` names it; no other is taken.")
    private String gtid = "";

    @Option(
        names = {"-y", "--yes"},
        description = "It is meant; without it nothing is changed.")
    private boolean yes;

    private int send(String action) {
      if (!yes) {
        throw CommandFailure.usage("what is decided can't be taken back: confirm with --yes");
      }
      JsonNode answer =
          running()
              .sync(ANSWER_WITHIN)
              .post(
                  "/sync/ddl",
                  Optional.of(
                      Map.of(
                          "pipeline",
                          pipeline,
                          "gtid",
                          gtid,
                          "action",
                          action,
                          "by",
                          Operator.name())));
      if (target.isJson()) {
        target.printJson(answer);
      } else {
        target
            .out()
            .println(
                action.equals("apply")
                    ? gtid + " is applied: " + answer.path("statement").asText()
                    : gtid + " is skipped: its statement is never run at the target");
      }
      return 0;
    }

    private RunPipeline running() {
      return RunPipeline.all(target).stream()
          .filter(one -> one.name().equals(pipeline))
          .findFirst()
          .orElseThrow(() -> CommandFailure.refused("no process runs a pipeline " + pipeline));
    }
  }

  /** Runs it. */
  @Command(
      name = "apply",
      description = {
        "Runs the statement at the target, as the replication user, under its own identifier;",
        "the pipeline goes on behind it."
      },
      mixinStandardHelpOptions = true)
  static final class Apply implements Callable<Integer> {
    @Mixin private Decision decision = new Decision();

    @Override
    public Integer call() {
      return decision.send("apply");
    }
  }

  /** Leaves it out. */
  @Command(
      name = "skip",
      description = "Goes on without the statement: it is never run at the target.",
      mixinStandardHelpOptions = true)
  static final class Skip implements Callable<Integer> {
    @Mixin private Decision decision = new Decision();

    @Override
    public Integer call() {
      return decision.send("skip");
    }
  }
}
