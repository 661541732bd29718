package io.homecell.coordinator.operation;

import io.homecell.core.slot.SlotRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Neighbouring slots with the same ownership epoch.
 *
 * @param epoch the ownership epoch before the operation
 */
public record SlotRun(SlotRange slots, long epoch) {
  /** Gathers neighbours that share an epoch. */
  public static List<SlotRun> gather(NavigableMap<Integer, Long> epochBySlot) {
    List<SlotRun> runs = new ArrayList<>();
    for (Map.Entry<Integer, Long> entry : epochBySlot.entrySet()) {
      int slot = entry.getKey();
      SlotRun last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
      if (last != null && last.slots().last() + 1 == slot && last.epoch() == entry.getValue()) {
        runs.set(
            runs.size() - 1, new SlotRun(new SlotRange(last.slots().first(), slot), last.epoch()));
      } else {
        runs.add(new SlotRun(new SlotRange(slot, slot), entry.getValue()));
      }
    }
    return List.copyOf(runs);
  }

  /** The epoch of each slot of some runs, with so much added. */
  static NavigableMap<Integer, Long> epochs(List<SlotRun> runs, int added) {
    NavigableMap<Integer, Long> epochs = new TreeMap<>();
    runs.forEach(
        run -> run.slots().stream().forEach(slot -> epochs.put(slot, run.epoch() + added)));
    return epochs;
  }

  @Override
  public String toString() {
    return slots + "@" + epoch;
  }
}
