package io.homecell.core.failsafe;

import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.StateProof;
import io.homecell.core.topology.Topology;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A lease keeper's other proof, for while ZooKeeper gives none: every witness of every other
 * datacenter confirms that nobody has begun to fail this one over. A loss is declared in ZooKeeper
 * and at one of them at least, before its lease is waited out; so who reads either ZooKeeper or all
 * of them learns of it. Used by the keeper's thread only.
 */
public final class FailsafeMode {
  private final WitnessClient witnesses;
  private final String datacenter;
  private final LongSupplier routeEpoch;
  private Optional<StateProof.Proof> last = Optional.empty();

  /**
   * @param datacenter the keeper's own
   * @param routeEpoch of the route table that this process has applied
   */
  public FailsafeMode(WitnessClient witnesses, String datacenter, LongSupplier routeEpoch) {
    this.witnesses = witnesses;
    this.datacenter = datacenter;
    this.routeEpoch = routeEpoch;
  }

  /**
   * The mode by a topology; empty if it is off.
   *
   * @param secret that all datacenters share; not asked for if the mode is off
   */
  public static Optional<FailsafeMode> of(
      Topology topology, String datacenter, Supplier<String> secret, LongSupplier routeEpoch) {
    return FailsafeMembers.of(topology)
        .map(
            members ->
                new FailsafeMode(new WitnessClient(members, secret.get()), datacenter, routeEpoch));
  }

  /** ZooKeeper has given a proof. */
  public void proved(StateProof.Proof proof) {
    last = Optional.of(proof);
  }

  /**
   * Asks for the other proof.
   *
   * @return why there is none; empty if every witness has confirmed
   */
  public List<String> ask(Duration atMost) throws InterruptedException {
    if (last.isEmpty()) {
      return List.of("this keeper has not reached ZooKeeper since it began");
    }
    DatacenterState state = last.get().state();
    if (state.isLost()) {
      return List.of(datacenter + " is declared lost, epoch " + state.epoch());
    }
    String members = witnesses.members().text();
    if (!last.get().failsafeMembers().equals(members)) {
      return List.of(
          "ZooKeeper has recorded the members '"
              + last.get().failsafeMembers()
              + "' (expected: '"
              + members
              + "')");
    }
    return witnesses.confirm(
        new Witness.Question(datacenter, members, state.epoch(), routeEpoch.getAsLong()), atMost);
  }
}
