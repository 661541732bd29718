package io.homecell.sync.apply;

import java.util.HashSet;
import java.util.Set;

/**
 * What a transaction must not be applied beside.
 *
 * @param writes keys that it has for itself
 * @param reads keys that it shares with others that read them; none of {@code writes}
 * @param everything whether it must run alone: everything before it first, everything behind after
 * @param behindEverything whether everything before it comes first, but for what is stuck; what is
 *     behind it waits for it by its keys only
 */
record WriteSet(Set<Long> writes, Set<Long> reads, boolean everything, boolean behindEverything) {
  /** Collects the keys of one transaction. */
  static final class Builder {
    private final Set<Long> writes = new HashSet<>();
    private final Set<Long> reads = new HashSet<>();
    private boolean everything;
    private boolean behindEverything;

    void write(long key) {
      writes.add(key);
    }

    void read(long key) {
      reads.add(key);
    }

    void everything() {
      everything = true;
    }

    void behindEverything() {
      behindEverything = true;
    }

    WriteSet build() {
      if (everything) {
        return new WriteSet(Set.of(), Set.of(), true, false);
      }
      reads.removeAll(writes);
      return new WriteSet(writes, reads, false, behindEverything);
    }
  }

  /**
   * Whether the two have to be applied in the order in which they were committed, whichever that
   * is.
   */
  boolean conflictsWith(WriteSet other) {
    return everything
        || other.everything
        || writes.stream().anyMatch(key -> other.writes.contains(key) || other.reads.contains(key))
        || reads.stream().anyMatch(other.writes::contains);
  }
}
