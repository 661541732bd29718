package io.homecell.sync.pipeline;

import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import java.time.Instant;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/**
 * How much a pipeline carried in the last {@value #SECONDS} seconds up to its last transaction, by
 * the source's clock: once the source is dead, the best guess at what it wrote behind that. Safe
 * for any number of threads.
 */
final class RecentWrites {
  static final int SECONDS = 10;

  /** A transaction of more rows is of few slots more. */
  private static final int ROWS_LOOKED_AT = 100;

  private final long[] seconds = new long[SECONDS];
  private final long[] transactions = new long[SECONDS];
  private final BitSet[] slots = new BitSet[SECONDS];
  private long last = Long.MIN_VALUE;

  /**
   * Transactions with slots, and those slots.
   *
   * @param seconds within which they were committed
   */
  record Recent(long transactions, int slots, int seconds) {}

  RecentWrites() {
    Arrays.fill(seconds, Long.MIN_VALUE);
    Arrays.setAll(slots, i -> new BitSet());
  }

  /** One is applied; those that touch no slot, the beats, don't count. */
  void applied(SourceTransaction transaction) {
    BitSet touched = new BitSet();
    transaction.changes().stream()
        .limit(ROWS_LOOKED_AT)
        .forEach(change -> slot(change).ifPresent(touched::set));
    if (!touched.isEmpty()) {
      add(transaction.committedAt(), touched);
    }
  }

  private static Optional<Integer> slot(RowChange change) {
    Optional<Row> image = change.images().findFirst();
    return image
        .filter(row -> !change.table().schema().equals("homecell"))
        .flatMap(row -> row.value("slot"))
        .filter(Long.class::isInstance)
        .map(slot -> ((Long) slot).intValue())
        .filter(slot -> slot >= 0 && slot <= 65_535);
  }

  private synchronized void add(Instant committedAt, BitSet touched) {
    long second = committedAt.getEpochSecond();
    int bucket = (int) Math.floorMod(second, (long) SECONDS);
    if (second < seconds[bucket]) {
      return; // older than all that counts
    }
    if (second > seconds[bucket]) {
      seconds[bucket] = second;
      transactions[bucket] = 0;
      slots[bucket].clear();
    }
    transactions[bucket]++;
    slots[bucket].or(touched);
    last = Math.max(last, second);
  }

  /** Empty if there was none yet. */
  synchronized Optional<Recent> recent() {
    if (last == Long.MIN_VALUE) {
      return Optional.empty();
    }
    long count = 0;
    BitSet all = new BitSet();
    for (int i = 0; i < SECONDS; i++) {
      if (seconds[i] > last - SECONDS) {
        count += transactions[i];
        all.or(slots[i]);
      }
    }
    return Optional.of(new Recent(count, all.cardinality(), SECONDS));
  }
}
