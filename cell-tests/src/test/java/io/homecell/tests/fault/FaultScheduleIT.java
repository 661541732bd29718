package io.homecell.tests.fault;

import io.homecell.tests.fault.Schedule.Operation;
import io.homecell.tests.fault.Schedule.Round;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.CleanupMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Faults and operations at random while a checking load runs: processes are killed and paused,
 * links cut and slowed, clocks stepped, whole datacenters lost, users moved to and fro. At the end
 * everything that was acknowledged is there once, or is named as stranded; the copies are equal; no
 * slot ever had two writers; and after each round the deployment has come to itself without help.
 *
 * <p>Five minutes of a fixed seed, or {@code -Dsoak.minutes=M} of random ones; {@code
 * -Dsoak.seed=S} draws the same again. A failed run says its seed and keeps its folder with all
 * logs.
 */
class FaultScheduleIT {
  private static final long FIXED_SEED = 20261127;
  private static final Duration SCHEDULE = Duration.ofMinutes(2);
  private static final Duration WELL_WITHIN = Duration.ofSeconds(180);
  private static final Duration MOVED_WITHIN = Duration.ofSeconds(120);

  @TempDir(cleanup = CleanupMode.ON_SUCCESS)
  Path folder;

  private FaultedDeployment deployment;
  private BadDay badDay;

  @Test
  @Timeout(value = 3, unit = TimeUnit.HOURS)
  void nothingIsLostUnnamedAndNoSlotHasTwoWriters() throws Exception {
    boolean soak = System.getProperty("soak.minutes") != null;
    Duration whole = Duration.ofMinutes(Long.getLong("soak.minutes", 5));
    long seed = Long.getLong("soak.seed", soak ? System.currentTimeMillis() : FIXED_SEED);
    long schedules = Math.max(1, whole.dividedBy(SCHEDULE));
    deployment = FaultedDeployment.start(folder);
    badDay = new BadDay(deployment);
    try {
      for (long i = 0; i < schedules; i++) {
        play(seed + i);
      }
    } finally {
      deployment.close();
    }
  }

  private void play(long seed) throws Exception {
    deployment.history.add("schedule " + seed + " for " + SCHEDULE.toSeconds() + " s");
    deployment.awaitWell(WELL_WITHIN);
    try (CheckedLoad load = CheckedLoad.start(deployment, seed)) {
      rounds(new Schedule(seed, deployment.hasLinks(), deployment.hasClocks()));
      allHome();
      load.endAndJudge();
    }
  }

  private void rounds(Schedule schedule) throws Exception {
    long end = System.nanoTime() + SCHEDULE.toNanos();
    while (System.nanoTime() < end) {
      Round round = schedule.next();
      if (round.operation().map(FaultScheduleIT::isLoss).orElse(false)) {
        String lost = round.operation().get() == Operation.LOSE_NORTH ? "north" : "south";
        badDay.loseAndReturn(lost);
      } else {
        play(round);
      }
      deployment.awaitWell(WELL_WITHIN);
    }
  }

  private static boolean isLoss(Operation operation) {
    return operation == Operation.LOSE_NORTH || operation == Operation.LOSE_SOUTH;
  }

  /** An operation is asked for, and a fault begins in the middle of it; either may be missing. */
  private void play(Round round) throws Exception {
    deployment.history.add("round: " + round);
    try (Asked asked = Asked.of(deployment, round.operation())) {
      TimeUnit.MILLISECONDS.sleep(round.faultAfter().toMillis());
      if (round.fault().isPresent()) {
        Fault fault = round.fault().get();
        deployment.begin(fault);
        try {
          TimeUnit.MILLISECONDS.sleep(fault.lasts().toMillis());
        } finally {
          deployment.mend(fault);
        }
      }
      asked.await();
    }
  }

  private void allHome() throws Exception {
    deployment.history.add("everything goes home");
    deployment.cellctlUntilDone(MOVED_WITHIN, "failback", "--yes");
    deployment.awaitWell(WELL_WITHIN);
  }
}
