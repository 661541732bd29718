package io.homecell.coordinator.steps;

import io.homecell.coordinator.operation.Event.Failure;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.FailsafeRecord;
import io.homecell.core.coordination.StaleStateException;
import io.homecell.core.failsafe.FailsafeMembers;
import io.homecell.core.failsafe.Witness;
import io.homecell.core.failsafe.WitnessClient;
import java.time.Duration;
import java.util.Optional;

/**
 * Declares a datacenter lost so that its lease keepers learn of it, whichever proof they use: in
 * ZooKeeper, then, with failsafe mode, at a witness of another datacenter. In that order: a witness
 * that forgets (its process ends) reads ZooKeeper before it confirms anything.
 */
final class LossDeclaration {
  private static final Duration POLL = Duration.ofMillis(200);
  private static final Duration ASK_FOR = Duration.ofSeconds(1);

  private final DatacenterStates states;
  private final FailsafeRecord record;
  private final Optional<WitnessClient> witnesses;
  private final Duration limit;

  /**
   * @param witnesses if failsafe mode is on
   * @param limit for one witness to record it
   */
  LossDeclaration(
      DatacenterStates states,
      FailsafeRecord record,
      Optional<WitnessClient> witnesses,
      Duration limit) {
    this.states = states;
    this.record = record;
    this.witnesses = witnesses;
    this.limit = limit;
  }

  /** Declares it in ZooKeeper, if this coordinator knows whom the keepers ask. */
  DatacenterState declare(String datacenter, int version) throws StaleStateException {
    String own = FailsafeMembers.textOf(witnesses.map(WitnessClient::members));
    FailsafeRecord.Content agreed = record.agree(own);
    if (!agreed.members().equals(own)) {
      throw new StepFailedException(
          Failure.CONFLICT,
          "FAILSAFE_MEMBERS_DIFFER: the lease keepers may ask '"
              + agreed.members()
              + "', this coordinator's topology says '"
              + own
              + "': run every process with the same topology, then remove "
              + FailsafeRecord.PATH);
    }
    return states.declareLost(datacenter, version, agreed);
  }

  /**
   * Tells the witnesses; returns when one of them has recorded it, or at once without failsafe
   * mode. Only what comes after it may count as the lease's time.
   */
  void tellWitnesses(String datacenter, long epoch, Stop stop) {
    if (witnesses.isEmpty()) {
      return;
    }
    WitnessClient client = witnesses.get();
    Witness.Loss loss = new Witness.Loss(datacenter, client.members().text(), epoch);
    long began = System.nanoTime();
    while (true) {
      WitnessClient.Recorded recorded = ask(client, loss);
      if (recorded.witness().isPresent()) {
        return;
      }
      if (Stop.left(began, limit).isZero()) {
        throw new StepFailedException(
            Failure.UNREACHABLE,
            "no witness of failsafe mode has recorded that "
                + datacenter
                + " is lost within "
                + limit.toSeconds()
                + " s, so its cells might go on: "
                + String.join("; ", recorded.reasons()));
      }
      stop.pause(POLL);
    }
  }

  private static WitnessClient.Recorded ask(WitnessClient client, Witness.Loss loss) {
    try {
      return client.lose(loss, ASK_FOR);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StepFailedException(Failure.UNREACHABLE, "interrupted");
    }
  }
}
