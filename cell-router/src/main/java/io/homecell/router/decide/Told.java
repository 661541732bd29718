package io.homecell.router.decide;

import java.util.Optional;

/**
 * What another process has said of a slot: a cell's or a peer router's 421, or the router that
 * forwarded the request. The table in use must have reached that epoch before the request is routed
 * by it.
 */
public record Told(int slot, long epoch) {
  /** Of two sayings about one slot the newer counts; of two slots the one said last, this one. */
  public Told orNewer(Optional<Told> before) {
    return before.filter(known -> known.slot == slot && known.epoch > epoch).orElse(this);
  }
}
