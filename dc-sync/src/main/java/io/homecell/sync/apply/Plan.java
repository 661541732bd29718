package io.homecell.sync.apply;

import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What applying a transaction will touch, worked out before any lock is taken.
 *
 * @param changes what is carried over, in order
 * @param slots of all rows that belong to slots
 * @param keys what must not be applied beside it: its slots and its rows' keys; everything for the
 *     framework's own rows, the fence rows above all: when one has arrived, so has everything
 *     before it. A heartbeat says so, too, but for what the target refuses and what depends on
 *     that; it comes so often that nothing but the next one waits for it
 */
record Plan(
    SourceTransaction transaction,
    List<RowChange> changes,
    SortedSet<Integer> slots,
    WriteSet keys) {
  private static final long BEATS = TableKeys.seed(FrameworkTables.HEARTBEAT, List.of());

  /** Plans; the shapes of all tables of the transaction must have been loaded. */
  static Plan of(SourceTransaction transaction, TableShapes shapes) {
    List<RowChange> changes = new ArrayList<>(transaction.changes().size());
    SortedSet<Integer> slots = new TreeSet<>();
    WriteSet.Builder keys = new WriteSet.Builder();
    for (RowChange change : transaction.changes()) {
      if (FrameworkTables.LOCAL.contains(change.table())) {
        continue;
      }
      changes.add(change);
      if (FrameworkTables.isReplicated(change.table())) {
        continue;
      }
      TableShape shape = shapes.of(change.table());
      if (shape.sharded()) {
        change
            .images()
            .forEach(
                image -> {
                  int slot = slotOf(image, shape);
                  slots.add(slot);
                  keys.write(slot);
                });
      }
      shape.keys().collect(change, keys);
    }
    orderOwnRows(changes, keys);
    return new Plan(transaction, changes, slots, keys.build());
  }

  private static void orderOwnRows(List<RowChange> changes, WriteSet.Builder keys) {
    if (changes.stream().noneMatch(change -> FrameworkTables.isReplicated(change.table()))) {
      return;
    }
    if (changes.stream().allMatch(change -> change.table().equals(FrameworkTables.HEARTBEAT))) {
      keys.behindEverything();
      keys.write(BEATS);
    } else {
      keys.everything();
    }
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
}
