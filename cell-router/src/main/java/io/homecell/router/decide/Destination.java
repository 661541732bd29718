package io.homecell.router.decide;

import io.homecell.core.topology.Topology.Quota;
import io.homecell.router.path.RouteMatcher.Found;
import java.util.Optional;

/** What a request is about, told by its path and identity alone; stays the same for its life. */
public sealed interface Destination {
  /** The owner of a slot. */
  record OfSlot(Found.Route found, int slot) implements Destination {}

  /** Any cell that is near. */
  record Nearest(Found.Route found) implements Destination {}

  /** The route that serves it; empty if none does. */
  default Optional<Found.Route> route() {
    if (this instanceof OfSlot ofSlot) {
      return Optional.of(ofSlot.found);
    }
    return this instanceof Nearest nearest ? Optional.of(nearest.found) : Optional.empty();
  }

  /** How much of such requests is let through. */
  default Quota quota() {
    if (this instanceof OfSlot ofSlot) {
      return ofSlot.found.route().quota();
    }
    return this instanceof Nearest nearest ? nearest.found.route().quota() : Quota.USUAL;
  }

  /** Nowhere. */
  record Nowhere(Refusal refusal) implements Destination {}
}
