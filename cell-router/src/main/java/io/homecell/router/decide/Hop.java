package io.homecell.router.decide;

import java.util.Optional;

/**
 * A request that another datacenter's router has forwarded, proven by the shared secret. It is
 * never forwarded again.
 *
 * @param datacenter the sender's
 * @param told the slot and the epoch by which the sender routed it
 */
public record Hop(String datacenter, Optional<Told> told) {}
