package io.homecell.router.decide;

import io.homecell.router.path.RouteMatcher.Found;

/** What a request is about, told by its path and identity alone; stays the same for its life. */
public sealed interface Destination {
  /** The owner of a slot. */
  record OfSlot(Found.Route found, int slot) implements Destination {}

  /** Any cell that is near. */
  record Nearest(Found.Route found) implements Destination {}

  /** Nowhere. */
  record Nowhere(Refusal refusal) implements Destination {}
}
