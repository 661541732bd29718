package io.homecell.router.proxy;

import io.homecell.core.route.Routes;
import io.homecell.core.topology.Topology;
import io.homecell.router.RouterParts;
import io.homecell.router.RouterSettings;
import io.homecell.router.decide.Decider;
import io.homecell.router.hold.HoldBudget;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.rate.RateLimits;
import io.homecell.router.upstream.Instances;
import io.homecell.router.upstream.Liveness;

/** What all event loops of a router share; each part is safe for any number of threads. */
public record EdgeParts(
    Topology topology,
    String datacenter,
    Routes routes,
    Instances instances,
    IdentityReader identities,
    PeerKey key,
    RouterSettings settings,
    HoldBudget budget,
    Decider decider,
    EdgeMetrics metrics,
    SlotCounters slotCounters,
    RateLimits rates,
    Liveness liveness) {

  /** The parts of a router, with what its loops share besides. */
  public static EdgeParts of(
      RouterParts parts, HoldBudget budget, EdgeMetrics metrics, Liveness liveness) {
    return new EdgeParts(
        parts.topology(),
        parts.datacenter(),
        parts.routes(),
        parts.instances(),
        parts.identities(),
        parts.key(),
        parts.settings(),
        budget,
        new Decider(parts.topology(), parts.datacenter()),
        metrics,
        new SlotCounters(parts.topology().slots()),
        new RateLimits(parts.topology().edge().routes(), System.nanoTime()),
        liveness);
  }
}
