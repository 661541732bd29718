package io.homecell.core.slot;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.stream.IntStream;

/**
 * Slots {@code first} to {@code last}, both included; written {@code 0-511} or {@code 7}, in JSON
 * too.
 */
public record SlotRange(int first, int last) {
  public SlotRange {
    if (first < 0 || last < first) {
      throw new IllegalArgumentException(
          "slots: " + first + "-" + last + " (expected: first-last, 0 <= first <= last)");
    }
  }

  /**
   * Reads {@code 0-511} or {@code 7}.
   *
   * @throws IllegalArgumentException if the text is neither
   */
  @JsonCreator
  public static SlotRange parse(String text) {
    String[] ends = text.strip().split("-", -1);
    try {
      if (ends.length == 1) {
        int slot = Integer.parseInt(ends[0].strip());
        return new SlotRange(slot, slot);
      }
      if (ends.length == 2) {
        return new SlotRange(Integer.parseInt(ends[0].strip()), Integer.parseInt(ends[1].strip()));
      }
    } catch (NumberFormatException notANumber) {
      // told below, with the whole text
    }
    throw new IllegalArgumentException(
        "slots: '" + text + "' (expected: first-last such as 0-511, or one slot such as 7)");
  }

  public boolean contains(int slot) {
    return slot >= first && slot <= last;
  }

  public boolean overlaps(SlotRange other) {
    return first <= other.last && other.first <= last;
  }

  public int size() {
    return last - first + 1;
  }

  public IntStream stream() {
    return IntStream.rangeClosed(first, last);
  }

  @Override
  @JsonValue
  public String toString() {
    return first == last ? Integer.toString(first) : first + "-" + last;
  }
}
