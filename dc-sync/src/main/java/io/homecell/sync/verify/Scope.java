package io.homecell.sync.verify;

import io.homecell.core.slot.SlotRange;
import java.util.Optional;

/**
 * What is compared.
 *
 * @param slots only rows of these; tables without slots are left out then
 * @param table only this one, as {@code schema.table}
 */
public record Scope(Optional<SlotRange> slots, Optional<String> table) {
  /** Everything that is replicated. */
  public static final Scope ALL = new Scope(Optional.empty(), Optional.empty());

  /** Whether all that the other one compares is compared by this one, too. */
  boolean covers(Scope other) {
    boolean tables = table.isEmpty() || table.equals(other.table);
    boolean rows =
        slots.isEmpty()
            || other
                .slots
                .filter(range -> slots.get().first() <= range.first())
                .filter(range -> slots.get().last() >= range.last())
                .isPresent();
    return tables && rows;
  }
}
