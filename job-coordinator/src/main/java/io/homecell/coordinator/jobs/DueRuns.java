package io.homecell.coordinator.jobs;

import com.cronutils.model.Cron;
import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Which runs are due, from the schedule (in UTC) and the runs so far. Pure.
 *
 * <p>Invariant upheld: a due run is named by its moment, so whoever computes it gets the same name,
 * and one record for each name makes it run once.
 */
final class DueRuns {
  /** A failed run is tried so often in all. */
  static final int ATTEMPTS_MAX = 20;

  /** As many missed runs are made up for; older ones are covered by the first of these. */
  static final int MISSED_MAX = 100;

  private final ExecutionTime schedule;
  private final boolean catchesUp;

  private DueRuns(ExecutionTime schedule, boolean catchesUp) {
    this.schedule = schedule;
    this.catchesUp = catchesUp;
  }

  /**
   * The due runs of a schedule.
   *
   * @param cron a Quartz expression with seconds
   * @param catchesUp whether missed runs are made up for; if not, only the newest one runs
   */
  static DueRuns of(String cron, boolean catchesUp) {
    Cron parsed =
        new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ)).parse(cron);
    return new DueRuns(ExecutionTime.forCron(parsed), catchesUp);
  }

  /**
   * The moments that must run now, oldest first.
   *
   * @param began when the job came into being: nothing before it is due
   * @param runs all records, in any order
   */
  List<Instant> due(Instant began, Collection<JobRun> runs, Instant now) {
    Instant newest = runs.stream().map(JobRun::dueAt).max(Instant::compareTo).orElse(began);
    List<Instant> due = new ArrayList<>();
    if (catchesUp) {
      runs.stream().filter(DueRuns::isUnfinished).map(JobRun::dueAt).sorted().forEach(due::add);
    }
    List<Instant> missed = new ArrayList<>();
    Optional<Instant> next = next(newest);
    while (next.isPresent() && !next.get().isAfter(now)) {
      missed.add(next.get());
      if (missed.size() > (catchesUp ? MISSED_MAX : 1)) {
        missed.remove(0);
      }
      next = next(next.get());
    }
    due.addAll(missed);
    return due;
  }

  private static boolean isUnfinished(JobRun run) {
    return run.state() != JobRun.State.DONE && run.attempt() < ATTEMPTS_MAX;
  }

  /** The first moment of the schedule after another. */
  Optional<Instant> next(Instant after) {
    // Fractions of a second would be carried into the name of the run.
    Instant second = after.truncatedTo(ChronoUnit.SECONDS);
    return schedule
        .nextExecution(ZonedDateTime.ofInstant(second, ZoneOffset.UTC))
        .map(ZonedDateTime::toInstant);
  }
}
