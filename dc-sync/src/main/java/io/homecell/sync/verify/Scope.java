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
}
