package io.homecell.router.proxy;

import io.homecell.core.topology.Topology;
import io.homecell.router.decide.Decider;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.rate.RateLimits;

/**
 * What can be changed while a router serves: who a request is from, what it is about, and how many
 * there may be. Replaced as a whole (the rates begin anew); a request sees one instance from its
 * head on.
 */
public record EdgeRules(
    Topology topology, IdentityReader identities, Decider decider, RateLimits rates) {

  /**
   * The rules of a topology.
   *
   * @param datacenter the one that the router stands in
   * @throws IllegalArgumentException if the routes are malformed
   */
  public static EdgeRules of(Topology topology, String datacenter, IdentityReader identities) {
    return new EdgeRules(
        topology,
        identities,
        new Decider(topology, datacenter),
        new RateLimits(topology.edge().routes(), System.nanoTime()));
  }
}
