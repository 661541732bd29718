package io.homecell.sync.verify;

import io.homecell.core.slot.SlotRange;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What is known of two cells by all verifications so far. No I/O, no clock.
 *
 * @param endedAt the last one
 * @param equal whether the last one has proven equal all that it looked at, and nothing else is
 *     known to differ
 * @param differing the tables that differ
 */
record Found(Instant endedAt, boolean equal, Map<String, Differing> differing) {

  /**
   * A table that differs.
   *
   * @param rows how many were found
   * @param slots where it was looked; empty for everywhere
   */
  record Differing(long rows, Optional<SlotRange> slots) {}

  Found {
    differing = Map.copyOf(differing);
  }

  /** Before the first verification. */
  static Found nothing() {
    return new Found(Instant.EPOCH, false, Map.of());
  }

  /**
   * What is known with one more. A table that was found to differ stays known for it until one that
   * looks at the same rows decides on all of them and finds no difference, or the table is gone.
   */
  Found with(VerifyResult result) {
    Map<String, Differing> still = new TreeMap<>(differing);
    if (result.scope().equals(Scope.ALL)) {
      still.keySet().retainAll(result.tables().stream().map(TableResult::table).toList());
    }
    for (TableResult table : result.tables()) {
      long rows = table.differences().size() + table.more();
      Differing before = differing.get(table.table());
      if (rows > 0) {
        still.put(table.table(), new Differing(rows, result.scope().slots()));
      } else if (before != null
          && table.notCompared().isEmpty()
          && table.undecided() == 0
          && covers(result.scope().slots(), before.slots())) {
        still.remove(table.table());
      }
    }
    return new Found(result.endedAt(), result.equal() && still.isEmpty(), still);
  }

  private static boolean covers(Optional<SlotRange> looked, Optional<SlotRange> before) {
    return looked.isEmpty()
        || before
            .filter(range -> looked.get().first() <= range.first())
            .filter(range -> looked.get().last() >= range.last())
            .isPresent();
  }

  Verified verified() {
    return new Verified(
        endedAt, differing.values().stream().mapToLong(Differing::rows).sum(), equal);
  }
}
