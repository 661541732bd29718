package io.homecell.core.topology;

import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The cells cover every slot of the deployment exactly once. */
final class SlotChecks {
  private final Cursor root;
  private final Problems problems;
  private final List<Claim> claims = new ArrayList<>();

  SlotChecks(Cursor root, Problems problems) {
    this.root = root;
    this.problems = problems;
  }

  private record Claim(String cell, SlotRange range) {}

  void run() {
    Optional<Slots> slots = count();
    List<Cursor> cells = root.get("cells").map(Cursor::entries).orElse(List.of());
    boolean complete = slots.isPresent() && !cells.isEmpty();
    for (Cursor cell : cells) {
      complete &= cell(cell, slots);
    }
    // A range that could not be read would look like missing slots, which it may not be.
    if (complete) {
      root.get("cells").ifPresent(section -> missing(section, slots.orElseThrow()));
    }
  }

  private Optional<Slots> count() {
    Optional<Cursor> value = root.get("slots");
    try {
      return value.flatMap(Cursor::integer).map(Slots::new);
    } catch (IllegalArgumentException e) {
      problems.wrong(
          value.orElseThrow(),
          value.flatMap(Cursor::integer).orElseThrow()
              + " (expected: a power of two from 1 to "
              + Slots.MAX_COUNT
              + ")");
      return Optional.empty();
    }
  }

  /** Returns whether every range of the cell could be read. */
  private boolean cell(Cursor cell, Optional<Slots> slots) {
    Optional<Cursor> value = cell.get("slots");
    if (value.isEmpty()) {
      return false;
    }
    boolean list = value.get().value() instanceof YamlValue.Sequence;
    boolean complete = true;
    for (Cursor item : list ? value.get().items() : List.of(value.get())) {
      Optional<SlotRange> range =
          TopologyChecks.format(
              item.textOrInteger(), Formats::slotRange, message -> problems.wrong(item, message));
      range.ifPresent(read -> claim(cell.name(), item, read, slots));
      complete &= range.isPresent();
    }
    return complete;
  }

  private void claim(String cell, Cursor item, SlotRange range, Optional<Slots> slots) {
    if (slots.isPresent() && range.last() >= slots.get().count()) {
      problems.wrong(
          item,
          range + " ends beyond the last slot (expected: 0 to " + (slots.get().count() - 1) + ")");
    }
    String overlapped =
        claims.stream()
            .filter(claim -> claim.range().overlaps(range))
            .map(claim -> claim.cell() + " (" + claim.range() + ")")
            .collect(Collectors.joining(", "));
    if (!overlapped.isEmpty()) {
      problems.wrong(
          item, range + " overlaps " + overlapped + " (expected: each slot in one cell)");
    }
    claims.add(new Claim(cell, range));
  }

  private void missing(Cursor section, Slots slots) {
    List<SlotRange> missing = new ArrayList<>();
    int first = -1;
    for (int slot = 0; slot <= slots.count(); slot++) {
      int asked = slot;
      boolean gap =
          slot < slots.count() && claims.stream().noneMatch(c -> c.range().contains(asked));
      if (gap && first < 0) {
        first = slot;
      } else if (!gap && first >= 0) {
        missing.add(new SlotRange(first, slot - 1));
        first = -1;
      }
    }
    if (!missing.isEmpty()) {
      problems.wrongKey(
          section,
          "no cell has the slots "
              + missing.stream().map(SlotRange::toString).collect(Collectors.joining(", "))
              + " (expected: every slot of 0-"
              + (slots.count() - 1)
              + " in one cell; now: "
              + claims.stream()
                  .map(claim -> claim.cell() + " " + claim.range())
                  .collect(Collectors.joining(", "))
              + ")");
    }
  }
}
