package io.homecell.router.decide;

/**
 * What another process has said of a slot: a cell's or a peer router's 421, or the router that
 * forwarded the request. The table in use must have reached that epoch before the request is routed
 * by it.
 */
public record Told(int slot, long epoch) {}
