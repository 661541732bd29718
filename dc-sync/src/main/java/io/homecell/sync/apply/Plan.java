package io.homecell.sync.apply;

import io.homecell.sync.capture.CharsetText;
import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What applying a transaction will touch, worked out before any lock is taken.
 *
 * @param changes what is carried over, in order
 * @param slots of all rows that belong to slots
 * @param keys what must not be applied beside it: its slots and its rows' primary keys, hashed (two
 *     that collide wait for each other, no more)
 * @param barrier whether it must run alone: everything before it first, everything behind it after.
 *     True for rows without a slot, the fence rows above all: when one has arrived, so has
 *     everything before it
 */
record Plan(
    SourceTransaction transaction,
    List<RowChange> changes,
    SortedSet<Integer> slots,
    Set<Long> keys,
    boolean barrier) {

  /** Plans; the shapes of all tables of the transaction must have been loaded. */
  static Plan of(SourceTransaction transaction, TableShapes shapes) {
    List<RowChange> changes = new ArrayList<>(transaction.changes().size());
    SortedSet<Integer> slots = new TreeSet<>();
    Set<Long> keys = new HashSet<>();
    boolean barrier = false;
    for (RowChange change : transaction.changes()) {
      if (FrameworkTables.LOCAL.contains(change.table())) {
        continue;
      }
      changes.add(change);
      TableShape shape = shapes.of(change.table());
      if (!shape.sharded()) {
        barrier = true;
        continue;
      }
      change
          .images()
          .forEach(
              image -> {
                int slot = slotOf(image, shape);
                slots.add(slot);
                keys.add((long) slot);
                keys.add(rowKey(image, shape));
              });
    }
    return new Plan(transaction, changes, slots, keys, barrier);
  }

  private static int slotOf(Row image, TableShape shape) {
    Object slot = image.value(TableShape.SLOT).orElse(null);
    if (slot instanceof Long number) {
      return number.intValue();
    }
    throw new ReplicationHaltedException(
        Reason.TABLE_UNUSABLE,
        shape.table() + ": slot " + slot + " (expected: a number in every row)");
  }

  /** A negative number, so that it never equals a slot. */
  private static long rowKey(Row image, TableShape shape) {
    long hash = shape.table().hashCode();
    for (String column : shape.primaryKey()) {
      hash = hash * 1_000_003 + hashOf(image.value(column).orElse(""));
    }
    return hash | Long.MIN_VALUE;
  }

  /** Equal for values that any collation may hold equal. */
  private static long hashOf(Object value) {
    if (value instanceof String text) {
      String folded = text;
      for (int i = 0; i < text.length(); i++) {
        if (text.charAt(i) > 127) {
          folded = Normalizer.normalize(text, Normalizer.Form.NFKD).replaceAll("\\p{M}", "");
          break;
        }
      }
      return folded.stripTrailing().toLowerCase(Locale.ROOT).hashCode();
    }
    if (value instanceof CharsetText) {
      return 0; // its collation is not looked at: all such keys wait for each other
    }
    return SqlLiteral.text(value).hashCode();
  }
}
