package io.homecell.core.topology;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.parser.CronParser;
import java.util.Optional;

/** Jobs: a cron expression that Quartz takes, and one place to run. */
final class JobChecks {
  private final TopologyChecks checks;
  private final Problems problems;

  JobChecks(TopologyChecks checks, Problems problems) {
    this.checks = checks;
    this.problems = problems;
  }

  void run(Cursor job) {
    job.get("cron").ifPresent(cron -> checks.format(cron, JobChecks::cron));
    checks.reference(job, "datacenter", "datacenters", "datacenter");
    Optional<Cursor> scope = job.get("scope");
    boolean pinned = job.get("datacenter").isPresent();
    if (pinned && scope.isPresent()) {
      problems.wrongKey(
          scope.get(), "not allowed beside datacenter (expected: one of datacenter, scope: cell)");
    } else if (!pinned && scope.isEmpty() && job.keys().isPresent()) {
      problems.wrongKey(
          job, "runs nowhere (expected: datacenter: one of the datacenters, or scope: cell)");
    } else if (scope.isPresent()) {
      checks.notWith(job, "on-failover", "a job of each cell goes where the cell's slots go");
    }
  }

  private static String cron(String text) {
    try {
      new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ))
          .parse(text)
          .validate();
      return text;
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "' is not a cron expression: "
              + String.valueOf(e.getMessage()).replaceAll("\\s+", " ")
              + " (expected: second minute hour day-of-month month day-of-week [year], one of the"
              + " days as ?, such as 0 0 2 * * ?)",
          e);
    }
  }
}
