package io.homecell.router.decide;

import java.time.Duration;

/**
 * A copy that may answer a read in the owner's place.
 *
 * @param at where it is: one cell of this datacenter
 * @param lagMax how far it may be behind the owner
 */
public record NearCopy(Decision.Local at, Duration lagMax) {}
