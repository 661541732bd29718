package io.homecell.core.lease;

import io.homecell.core.coordination.DatacenterState.State;
import io.homecell.core.failsafe.FailsafeMembers;
import io.homecell.core.failsafe.Witness;
import io.homecell.core.lease.LeaseRules.Decision;
import io.homecell.core.lease.LeaseRules.Extend;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * A datacenter "n" with a cell and its lease keeper, the witnesses of "s" and "w", two coordinators
 * that fail n over and back and overtake each other, and ZooKeeper; links that are cut, processes
 * that stand still between any two steps, witnesses, keepers and coordinators that are restarted, a
 * database clock that is off within its margin. The witnesses' and the lease's rules are the real
 * ones. Time in milliseconds.
 */
final class FailsafeModel {
  /** A rule that is left out, to see that it is needed. */
  enum Broken {
    NOTHING,
    NO_WITNESS_IS_TOLD,
    ONE_WITNESS_IS_NOT_ASKED,
    LEASE_IS_WAITED_OUT_FROM_ZOOKEEPER_ON,
    WITNESS_IS_TOLD_BEFORE_ZOOKEEPER,
    WITNESS_CONFIRMS_WITHOUT_A_PROOF,
    WITNESS_GOES_BACK_TO_AN_OLD_STATE,
    CLOCK_IS_READ_AFTER_THE_ANSWERS,
    MARGIN_IS_NOT_WAITED
  }

  private static final int LEASE = 800;
  private static final int CLOCK_MARGIN = 50;
  private static final int WAIT_MARGIN = 100;
  private static final LeaseRules RULES =
      new LeaseRules(Duration.ofMillis(LEASE), Duration.ofMillis(CLOCK_MARGIN));

  /** What ZooKeeper says of n. */
  private record Recorded(State state, long epoch) {}

  /** The steps of a failover, in the order in which they are written down. */
  private enum Step {
    NONE,
    DECLARE,
    WAIT,
    OPEN
  }

  /** One that may be restarted, and read ZooKeeper a while ago. */
  private static final class Site {
    private Witness witness;
    private boolean reachesZookeeper = true;
    private boolean answersKeeper = true;
    private boolean answersCoordinators = true;
    private Optional<Recorded> read = Optional.empty();

    private Site(FailsafeMembers members) {
      witness = new Witness(members);
    }
  }

  /** What one that believes to lead is about to do. */
  private static final class Coordinator {
    private int version = -1;
    private Step step = Step.NONE;
    private boolean declared;
    private boolean told;
    private Optional<Integer> waitsSince = Optional.empty();
  }

  private final FailsafeMembers members;
  private final Broken broken;
  private final Random random;
  private final List<String> history = new ArrayList<>();
  private final Map<String, Site> sites = new LinkedHashMap<>();
  private final List<Coordinator> coordinators = List.of(new Coordinator(), new Coordinator());

  private int time;
  private int clockLag;
  private Recorded zookeeper = new Recorded(State.ACTIVE, 0);
  private Step step = Step.NONE;
  private int version;
  private boolean otherWrites;

  private Instant leaseEnds = Instant.EPOCH;
  private boolean keeperReachesZookeeper = true;
  private Optional<Recorded> lastProof = Optional.empty();
  private Optional<ClockReading> reading = Optional.empty();
  private Optional<Extend> extension = Optional.empty();
  private final List<String> toAsk = new ArrayList<>();

  int failovers;
  int failsafeExtensions;

  FailsafeModel(FailsafeMembers members, Broken broken, long seed) {
    this.members = members;
    this.broken = broken;
    this.random = new Random(seed);
    members.othersThan("n").keySet().forEach(name -> sites.put(name, new Site(members)));
  }

  /** Takes random steps; what happened, if two datacenters could write at the same time. */
  Optional<List<String>> violationWithin(int steps) {
    for (int i = 0; i < steps; i++) {
      step();
      if (otherWrites && databaseNow().isBefore(leaseEnds)) {
        told("TWO WRITERS");
        return Optional.of(history);
      }
    }
    return Optional.empty();
  }

  private void step() {
    switch (random.nextInt(24)) {
      case 0, 1, 2 -> time += random.nextInt(LEASE / 8);
      case 3 -> clockLag = random.nextInt(CLOCK_MARGIN + 1);
      case 4 -> cutOrMend();
      case 5, 6, 7 -> feed(site());
      case 8 -> restart();
      case 9 -> begin();
      case 10 -> takeUp(coordinator());
      case 11 -> failBack();
      case 12, 13, 14, 15 -> act(coordinator());
      default -> keep();
    }
  }

  private Site site() {
    return sites.get(random.nextBoolean() ? "s" : "w");
  }

  private Coordinator coordinator() {
    return coordinators.get(random.nextInt(2));
  }

  private Instant databaseNow() {
    return Instant.ofEpochMilli(1_000_000L + time - clockLag);
  }

  private void told(String what) {
    history.add(time + ": " + what);
  }

  private void cutOrMend() {
    boolean works = random.nextInt(6) > 0;
    Site site = site();
    switch (random.nextInt(5)) {
      case 0, 1 -> keeperReachesZookeeper = random.nextInt(3) == 0;
      case 2 -> site.reachesZookeeper = works;
      case 3 -> site.answersKeeper = works;
      default -> site.answersCoordinators = works;
    }
  }

  /** A witness reads ZooKeeper, and takes over what it has read some time later. */
  private void feed(Site site) {
    if (site.read.isPresent()) {
      Recorded read = site.read.get();
      site.read = Optional.empty();
      if (broken == Broken.WITNESS_GOES_BACK_TO_AN_OLD_STATE) {
        site.witness = new Witness(members);
      }
      site.witness.learn("n", read.state(), read.epoch(), members.text());
    } else if (site.reachesZookeeper) {
      site.read = Optional.of(zookeeper);
    }
  }

  private void restart() {
    switch (random.nextInt(6)) {
      case 0, 1 -> {
        Site site = site();
        site.witness = new Witness(members);
        site.read = Optional.empty();
        told("a witness is restarted");
      }
      case 2 -> {
        lastProof = Optional.empty();
        forgetRenewal();
      }
      default -> {
        // a rare event
      }
    }
  }

  private void forgetRenewal() {
    reading = Optional.empty();
    extension = Optional.empty();
    toAsk.clear();
  }

  /** One step of a renewal of n's lease; anything may happen between two of them. */
  private void keep() {
    if (extension.isPresent()) {
      Instant until = extension.get().until();
      leaseEnds = until.isAfter(leaseEnds) ? until : leaseEnds;
      told("lease until " + (until.toEpochMilli() - 1_000_000L));
      forgetRenewal();
    } else if (reading.isEmpty()) {
      reading = Optional.of(new ClockReading(databaseNow(), time * 1_000_000L, Duration.ZERO));
    } else if (toAsk.isEmpty()) {
      prove();
    } else {
      ask(toAsk.remove(0));
    }
  }

  private void prove() {
    if (keeperReachesZookeeper) {
      lastProof = Optional.of(zookeeper);
      if (zookeeper.state() == State.ACTIVE) {
        extend(new Extend(reading.orElseThrow().database().plusMillis(LEASE), "extended"));
      } else {
        forgetRenewal();
      }
    } else if (lastProof.filter(proof -> proof.state() == State.ACTIVE).isPresent()) {
      toAsk.addAll(sites.keySet());
      if (broken == Broken.ONE_WITNESS_IS_NOT_ASKED) {
        toAsk.remove("w");
      }
    } else {
      forgetRenewal();
    }
  }

  private void ask(String name) {
    Site site = sites.get(name);
    Witness.Answer answer =
        site.witness.confirm(
            new Witness.Question("n", members.text(), lastProof.orElseThrow().epoch(), 0));
    boolean yes =
        answer.yes()
            || (broken == Broken.WITNESS_CONFIRMS_WITHOUT_A_PROOF
                && answer.refusal().equals("NO_PROOF_YET"));
    if (!site.answersKeeper || !yes) {
      forgetRenewal();
    } else if (toAsk.isEmpty()) {
      Decision decision = RULES.decideInFailsafe(reading.orElseThrow(), List.of());
      failsafeExtensions++;
      extend((Extend) decision);
    }
  }

  private void extend(Extend decided) {
    extension = Optional.of(decided);
    if (broken == Broken.CLOCK_IS_READ_AFTER_THE_ANSWERS) {
      time += random.nextInt(LEASE / 2);
      extension = Optional.of(new Extend(databaseNow().plusMillis(LEASE), "late"));
    }
  }

  private void begin() {
    boolean calm = step == Step.NONE && !otherWrites && zookeeper.state() == State.ACTIVE;
    if (calm && random.nextInt(3) == 0) {
      step = Step.DECLARE;
      version++;
      told("failover begins");
    }
  }

  private void takeUp(Coordinator coordinator) {
    coordinator.version = version;
    coordinator.step = step;
    coordinator.declared = false;
    coordinator.told = false;
    coordinator.waitsSince = Optional.empty();
  }

  /** The next thing of one that believes to lead; what it writes down it can only if it leads. */
  private void act(Coordinator coordinator) {
    switch (coordinator.step) {
      case DECLARE -> declare(coordinator);
      case WAIT -> await(coordinator);
      case OPEN -> {
        // The rows are bound to the failover's epoch: one that was overtaken changes nothing.
        if (coordinator.version == version) {
          otherWrites = true;
          failovers++;
          step = Step.NONE;
          version++;
          told("others open");
        }
        coordinator.step = Step.NONE;
      }
      case NONE -> {
        // nothing to do
      }
    }
  }

  private void declare(Coordinator coordinator) {
    boolean tellFirst = broken == Broken.WITNESS_IS_TOLD_BEFORE_ZOOKEEPER;
    if (!coordinator.declared && (!tellFirst || coordinator.told)) {
      boolean mine = coordinator.version == version;
      if (!mine) {
        coordinator.step = Step.NONE;
        return;
      }
      if (zookeeper.state() == State.ACTIVE) {
        zookeeper = new Recorded(State.LOST, zookeeper.epoch() + 1);
        told("ZooKeeper: lost, epoch " + zookeeper.epoch());
      }
      coordinator.declared = true;
      if (broken == Broken.LEASE_IS_WAITED_OUT_FROM_ZOOKEEPER_ON) {
        coordinator.waitsSince = Optional.of(time);
      }
    } else if (!coordinator.told && broken != Broken.NO_WITNESS_IS_TOLD) {
      Site site = site();
      long epoch = zookeeper.epoch() + (coordinator.declared ? 0 : 1);
      coordinator.told =
          site.answersCoordinators
              && site.witness.lose(new Witness.Loss("n", members.text(), epoch)).yes();
      if (coordinator.told) {
        told("a witness is told of epoch " + epoch);
      }
    } else {
      if (coordinator.waitsSince.isEmpty()) {
        coordinator.waitsSince = Optional.of(time);
      }
      write(coordinator, Step.WAIT);
    }
  }

  private void await(Coordinator coordinator) {
    int since = coordinator.waitsSince.orElse(time);
    coordinator.waitsSince = Optional.of(since);
    int margin = broken == Broken.MARGIN_IS_NOT_WAITED ? 0 : WAIT_MARGIN;
    if (random.nextInt(12) == 0) {
      giveUp(coordinator);
    } else if (time - since >= LEASE + margin) {
      write(coordinator, Step.OPEN);
    } else {
      time += random.nextInt(LEASE / 4);
    }
  }

  private void giveUp(Coordinator coordinator) {
    if (coordinator.version == version) {
      zookeeper = new Recorded(State.ACTIVE, zookeeper.epoch() + 1);
      step = Step.NONE;
      version++;
      told("given up: active, epoch " + zookeeper.epoch());
    }
    coordinator.step = Step.NONE;
  }

  private void write(Coordinator coordinator, Step next) {
    if (coordinator.version != version) {
      coordinator.step = Step.NONE;
      return;
    }
    step = next;
    version++;
    coordinator.version = version;
    coordinator.step = next;
  }

  /** The rows are closed at the others first; then n is active again. */
  private void failBack() {
    if (otherWrites) {
      otherWrites = false;
      zookeeper = new Recorded(State.ACTIVE, zookeeper.epoch() + 1);
      told("failback: active, epoch " + zookeeper.epoch());
    }
  }
}
