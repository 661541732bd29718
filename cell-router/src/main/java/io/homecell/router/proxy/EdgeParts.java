package io.homecell.router.proxy;

import io.homecell.core.route.Routes;
import io.homecell.core.topology.Topology;
import io.homecell.router.RouterParts;
import io.homecell.router.RouterSettings;
import io.homecell.router.decide.StaleRoutes;
import io.homecell.router.hold.HoldBudget;
import io.homecell.router.tls.LiveTls;
import io.homecell.router.trace.AccessLog;
import io.homecell.router.trace.OtlpExport;
import io.homecell.router.upstream.Instances;
import io.homecell.router.upstream.Liveness;
import java.util.Optional;

/** What all event loops of a router share; each part is safe for any number of threads. */
public record EdgeParts(
    Topology topology,
    String datacenter,
    Routes routes,
    Instances instances,
    PeerKey key,
    RouterSettings settings,
    HoldBudget budget,
    LiveRules rules,
    StaleRoutes staleRoutes,
    EdgeMetrics metrics,
    SlotCounters slotCounters,
    Liveness liveness,
    RecentTraffic traffic,
    AccessLog accessLog,
    Optional<OtlpExport> spans,
    Optional<LiveTls> tls) {

  /** The parts of a router, with what its loops share besides. */
  public static EdgeParts of(
      RouterParts parts,
      HoldBudget budget,
      EdgeMetrics metrics,
      Liveness liveness,
      AccessLog accessLog,
      Optional<OtlpExport> spans,
      Optional<LiveTls> tls) {
    return new EdgeParts(
        parts.topology(),
        parts.datacenter(),
        parts.routes(),
        parts.instances(),
        parts.key(),
        parts.settings(),
        budget,
        new LiveRules(EdgeRules.of(parts.topology(), parts.datacenter(), parts.identities())),
        new StaleRoutes(parts.topology(), parts.settings().unsafeRoutesAge()),
        metrics,
        new SlotCounters(parts.topology().slots()),
        liveness,
        new RecentTraffic(parts.topology().slots(), System.nanoTime()),
        accessLog,
        spans,
        tls);
  }
}
