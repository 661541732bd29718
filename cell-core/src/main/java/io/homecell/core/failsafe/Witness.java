package io.homecell.core.failsafe;

import io.homecell.core.coordination.DatacenterState.State;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What one coordinator knows of the datacenters, for the lease keepers of the others that can't
 * reach ZooKeeper. No I/O, no clock.
 *
 * <p>Invariants upheld: once a datacenter's loss was recorded here, no question of it is confirmed
 * before a state of a higher epoch is learned; nothing is confirmed before this witness has had a
 * proof from ZooKeeper in its own lifetime, so one that was restarted and has forgotten a loss
 * learns it again. What is known never goes to a lower epoch. Why leases are safe on that is in
 * {@code docs/safety-failsafe.md}; {@code FailsafeModelTest} breaks each rule. Safe for any number
 * of threads.
 */
public final class Witness {
  /**
   * A keeper's question: has anybody begun to fail my datacenter over?
   *
   * @param members whom the keeper asks, {@link FailsafeMembers#text}
   * @param datacenterEpoch of its datacenter's state, as it was last proved to the keeper
   * @param routeEpoch of the route table that its cell has applied
   */
  public record Question(
      String datacenter, String members, long datacenterEpoch, long routeEpoch) {}

  /**
   * A loss that was declared in ZooKeeper.
   *
   * @param epoch of the state that declares it
   */
  public record Loss(String datacenter, String members, long epoch) {}

  /**
   * An answer.
   *
   * @param refusal its name; empty if the answer is yes
   */
  public record Answer(String refusal, String detail) {
    static final Answer YES = new Answer("", "");

    public boolean yes() {
      return refusal.isEmpty();
    }
  }

  private record Known(State state, long epoch, boolean proved) {}

  private final FailsafeMembers members;
  private final Map<String, Known> known = new HashMap<>();
  private String recordedMembers = "";
  private long routeEpoch;

  public Witness(FailsafeMembers members) {
    this.members = members;
  }

  /** Answers a keeper. */
  public synchronized Answer confirm(Question question) {
    String datacenter = question.datacenter();
    Optional<Answer> stranger = stranger(datacenter, question.members());
    if (stranger.isPresent()) {
      return stranger.get();
    }
    Known now = known.get(datacenter);
    if (now != null && now.state() == State.LOST) {
      return new Answer("DATACENTER_LOST", datacenter + " is declared lost, epoch " + now.epoch());
    }
    if (now == null || !now.proved()) {
      return new Answer(
          "NO_PROOF_YET",
          "this witness has not read the state of " + datacenter + " since it began");
    }
    if (!recordedMembers.equals(members.text())) {
      return new Answer("MEMBERS_DIFFER", "ZooKeeper has recorded '" + recordedMembers + "'");
    }
    if (now.epoch() > question.datacenterEpoch()) {
      return new Answer(
          "NEWER_DATACENTER_EPOCH",
          datacenter + " epoch " + now.epoch() + " (asked: " + question.datacenterEpoch() + ")");
    }
    if (routeEpoch > question.routeEpoch()) {
      return new Answer(
          "NEWER_ROUTE_EPOCH",
          "route epoch " + routeEpoch + " (asked: " + question.routeEpoch() + ")");
    }
    return Answer.YES;
  }

  /** Records a loss; a yes says that no question of the datacenter is confirmed from now on. */
  public synchronized Answer lose(Loss loss) {
    Optional<Answer> stranger = stranger(loss.datacenter(), loss.members());
    if (stranger.isPresent()) {
      return stranger.get();
    }
    Known now = known.get(loss.datacenter());
    if (now != null && now.epoch() > loss.epoch()) {
      return new Answer(
          "EPOCH_WENT_BACK",
          loss.datacenter() + " epoch " + loss.epoch() + " (known: " + now.epoch() + ")");
    }
    known.put(loss.datacenter(), new Known(State.LOST, loss.epoch(), now != null && now.proved()));
    return Answer.YES;
  }

  /**
   * Takes over what a proof from ZooKeeper said.
   *
   * @param recorded whom ZooKeeper has recorded as members
   * @return whether it was taken over; else it is of a lower epoch than what is known
   */
  public synchronized boolean learn(String datacenter, State state, long epoch, String recorded) {
    recordedMembers = recorded;
    Known now = known.get(datacenter);
    if (now != null && now.epoch() > epoch) {
      return false;
    }
    boolean lostAlready = now != null && now.epoch() == epoch && now.state() == State.LOST;
    known.put(datacenter, new Known(lostAlready ? State.LOST : state, epoch, true));
    return true;
  }

  /** Takes over the epoch of the route table. */
  public synchronized void learnRoutes(long epoch) {
    routeEpoch = Math.max(routeEpoch, epoch);
  }

  private Optional<Answer> stranger(String datacenter, String theirs) {
    if (!theirs.equals(members.text())) {
      return Optional.of(
          new Answer(
              "MEMBERS_DIFFER",
              "asked with '" + theirs + "' (expected: '" + members.text() + "')"));
    }
    return members.contains(datacenter)
        ? Optional.empty()
        : Optional.of(new Answer("UNKNOWN_DATACENTER", "'" + datacenter + "'"));
  }
}
