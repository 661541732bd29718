package io.homecell.router;

import io.homecell.core.route.Routes;
import io.homecell.core.topology.Topology;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.upstream.Instances;
import io.homecell.router.upstream.SpokenInstances;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * What a router is made of.
 *
 * @param datacenter the one it stands in
 * @param key shared with the routers of the other datacenters
 */
public record RouterParts(
    Topology topology,
    String datacenter,
    Routes routes,
    Instances instances,
    IdentityReader identities,
    PeerKey key,
    RouterSettings settings,
    MeterRegistry metrics) {
  public RouterParts {
    instances = SpokenInstances.of(instances, topology);
  }
}
