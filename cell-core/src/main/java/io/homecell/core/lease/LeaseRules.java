package io.homecell.core.lease;

import io.homecell.core.coordination.DatacenterState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What to do with the lease, given what was read. Pure: no I/O, no clock.
 *
 * @param lease how long a cell may write after a proof
 * @param margin by how much the database's clock may be off
 */
record LeaseRules(Duration lease, Duration margin) {
  /** What to do, and the name under which it is counted. */
  sealed interface Decision {
    String outcome();
  }

  /** Let the cell write until this moment of the database's clock. */
  record Extend(Instant until, String outcome) implements Decision {
    boolean inFailsafe() {
      return outcome.equals(IN_FAILSAFE);
    }
  }

  private static final String EPOCH_WENT_BACK = "epoch_went_back";
  private static final String IN_FAILSAFE = "extended_failsafe";

  /** Leave the lease as it is: it runs out unless a later renewal can prove more. */
  record Hold(String outcome, String reason) implements Decision {}

  /** End the lease now. */
  record Close(String outcome, String reason) implements Decision {}

  /**
   * Whether the lease must end at once, before anything else is asked.
   *
   * @param expiresAt the lease as it stands in the database
   */
  Optional<Close> mustClose(ClockWatch.Verdict clock, ClockReading now, Instant expiresAt) {
    if (clock == ClockWatch.Verdict.PARTED) {
      return Optional.of(
          new Close("clock_parted", "the database's clock does not run like the keeper's"));
    }
    // Every lease was set to an earlier reading plus the lease, so this one's clock was ahead.
    if (expiresAt.isAfter(now.database().plus(lease).plus(margin))) {
      return Optional.of(
          new Close(
              "clock_stepped_back",
              "the lease ends at "
                  + expiresAt
                  + ", more than "
                  + lease.toMillis()
                  + " ms after the database's clock, "
                  + now.database()));
    }
    return Optional.empty();
  }

  /**
   * @param now read before the state was asked for
   * @param proof the datacenter's state; empty if the coordination service gave no proof in time
   * @param highestEpoch that was ever seen of it
   */
  Decision decide(
      ClockWatch.Verdict clock,
      ClockReading now,
      Optional<DatacenterState> proof,
      long highestEpoch) {
    if (clock != ClockWatch.Verdict.TRUSTED) {
      return new Hold("clock_settling", "the database's clock was off lately");
    }
    if (proof.isEmpty()) {
      return new Hold("no_proof", "ZooKeeper gave no proof in time");
    }
    if (proof.get().epoch() < highestEpoch) {
      return new Hold(
          EPOCH_WENT_BACK,
          "EPOCH_WENT_BACK: ZooKeeper says epoch "
              + proof.get().epoch()
              + " of the datacenter's state, this cell has seen "
              + highestEpoch
              + ": ZooKeeper was restored from an old copy; see `cellctl routes raise`");
    }
    if (proof.get().isLost()) {
      return new Hold(
          "datacenter_lost", "the datacenter is declared lost, epoch " + proof.get().epoch());
    }
    return new Extend(now.database().plus(lease), "extended");
  }

  /**
   * What to do while ZooKeeper gives no proof, in failsafe mode.
   *
   * @param now read before the other datacenters were asked
   * @param missing why there is no proof from them; empty if all have confirmed
   */
  Decision decideInFailsafe(ClockReading now, List<String> missing) {
    return missing.isEmpty()
        ? new Extend(now.database().plus(lease), IN_FAILSAFE)
        : new Hold(
            "no_proof",
            "ZooKeeper gave no proof in time, and failsafe mode does not hold: "
                + String.join("; ", missing));
  }
}
