package io.homecell.coordinator.operation;

import io.homecell.core.slot.SlotRange;
import java.util.Optional;
import java.util.Set;

/**
 * What an operator asks for.
 *
 * @param from the datacenter to move away from; empty for a failback
 * @param to the datacenter to move to; empty to take the only one possible, for a failback every
 *     home
 * @param slots only these; empty for all of the datacenter's
 * @param percent only so many of each cell's slots, 1 to 100
 * @param waves how it is divided; empty to move everything at once
 * @param by who asks, and on which machine
 * @param reason why, for the record
 * @param force refusals to override, by name
 */
public record OperationRequest(
    Kind kind,
    Optional<String> from,
    Optional<String> to,
    Optional<SlotRange> slots,
    Optional<Integer> percent,
    Optional<WaveSizes> waves,
    Optional<String> by,
    Optional<String> reason,
    Set<String> force) {
  public OperationRequest {
    force = Set.copyOf(force);
    if (kind != Kind.FAILBACK && from.isEmpty()) {
      throw new IllegalArgumentException("from: missing (expected: the datacenter to move from)");
    }
    if (slots.isPresent() && percent.isPresent()) {
      throw new IllegalArgumentException("slots and percent: both given (expected: one of them)");
    }
    if (percent.isPresent() && (percent.get() < 1 || percent.get() > 100)) {
      throw new IllegalArgumentException("percent: " + percent.get() + " (expected: 1 to 100)");
    }
    if (kind == Kind.FAILOVER && (slots.isPresent() || percent.isPresent())) {
      throw new IllegalArgumentException(
          "slots or percent: given for a failover (expected: none, a lost datacenter is left whole)");
    }
    if (kind == Kind.FAILOVER && waves.isPresent()) {
      throw new IllegalArgumentException(
          "waves: given for a failover (expected: none, there is nobody left to return a wave to)");
    }
    if (!force.isEmpty() && reason.isEmpty()) {
      throw new IllegalArgumentException("reason: missing (expected: why " + force + " is forced)");
    }
  }

  /** Whether it is about whole datacenters, so that their jobs follow. */
  public boolean isWhole() {
    return slots.isEmpty() && percent.map(part -> part == 100).orElse(true);
  }
}
