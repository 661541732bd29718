package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandGroup;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code cellctl jobs}: scheduled jobs and their runs. */
@Command(
    name = "jobs",
    description = "Scheduled jobs and their runs.",
    mixinStandardHelpOptions = true,
    subcommands = {JobsCommand.ListJobs.class, JobsCommand.History.class})
public final class JobsCommand extends CommandGroup {
  private static String text(JsonNode node, String... names) {
    for (String name : names) {
      JsonNode value = node.path(name);
      if (!value.isMissingNode() && !value.isNull()) {
        return value.isValueNode() ? value.asText() : value.toString();
      }
    }
    return "";
  }

  /** Every job: where it runs, when it ran. */
  @Command(
      name = "list",
      description = "Lists the jobs: schedule, owner, last run.",
      mixinStandardHelpOptions = true)
  static final class ListJobs implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Override
    public Integer call() {
      JsonNode answer = ControlPlane.require(target).get("/admin/jobs");
      if (target.isJson()) {
        target.printJson(answer);
        return 0;
      }
      Table table =
          new Table("JOB", "SCHEDULE", "RUNS IN", "STATE", "EPOCH", "LAST RUN", "NEXT RUN");
      for (JsonNode job : Lists.of(answer, "jobs")) {
        table.row(
            text(job, "job", "name"),
            text(job, "cron", "schedule"),
            text(job, "datacenter", "owner", "cell"),
            text(job, "state"),
            text(job, "epoch"),
            text(job, "lastRun", "last"),
            text(job, "nextRun", "next"));
      }
      target.out().println(table.isEmpty() ? "no jobs" : table.toString());
      return 0;
    }
  }

  /** The runs of one job. */
  @Command(
      name = "history",
      description = "Shows the runs of a job, the newest first.",
      mixinStandardHelpOptions = true)
  static final class History implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Parameters(paramLabel = "JOB", description = "Its name in the topology.")
    private String job = "";

    @Override
    public Integer call() {
      String path = "/admin/jobs/" + URLEncoder.encode(job, StandardCharsets.UTF_8) + "/history";
      JsonNode answer = ControlPlane.require(target).get(path);
      if (target.isJson()) {
        target.printJson(answer);
        return 0;
      }
      Table table = new Table("DUE", "STARTED", "ENDED", "WHERE", "EPOCH", "STATE", "RESULT");
      for (JsonNode run : Lists.of(answer, "runs")) {
        table.row(
            text(run, "dueAt", "due"),
            text(run, "startedAt", "started"),
            text(run, "endedAt", "ended"),
            text(run, "cell", "datacenter", "where"),
            text(run, "epoch"),
            text(run, "state", "outcome"),
            text(run, "detail", "result", "error"));
      }
      target.out().println(table.isEmpty() ? job + " has not run yet" : table.toString());
      return 0;
    }
  }
}
