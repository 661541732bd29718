package io.homecell.router.decide;

import io.homecell.core.topology.Topology;
import java.time.Duration;

/**
 * What becomes of a request when the route table was not confirmed for long: beyond a limit, one
 * that may change something is refused, and the client may go to another datacenter's edge; reading
 * goes on. Pure.
 *
 * <p>This is for users, not for safety: a cell that lost a slot refuses its writes by its own rows
 * whatever a router believes. So there is no limit where failsafe mode is on: there, owners may go
 * on writing for as long as the coordination service is away.
 */
public final class StaleRoutes {
  private final Duration unsafeUntil;
  private final boolean limited;

  /**
   * @param unsafeUntil the age of the table up to which unsafe requests go on
   */
  public StaleRoutes(Topology topology, Duration unsafeUntil) {
    this.unsafeUntil = unsafeUntil;
    this.limited =
        topology.datacenters().values().stream()
            .allMatch(datacenter -> datacenter.failsafe().isEmpty());
  }

  /**
   * What becomes of a request: what the table says, or a refusal.
   *
   * @param byTable where it goes by the table
   * @param unsafe whether it may change something
   * @param age how long ago the table was confirmed
   */
  public Decision orRefused(Decision byTable, boolean unsafe, Duration age) {
    if (!unsafe || !limited || age.compareTo(unsafeUntil) <= 0) {
      return byTable;
    }
    return new Decision.Refused(
        Refusal.unavailable(
            "routes-stale",
            "the route table was last confirmed "
                + age.toSeconds()
                + " s ago (limit "
                + unsafeUntil.toSeconds()
                + " s); nothing was changed"));
  }
}
