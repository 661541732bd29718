package io.homecell.coordinator.operation;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The waves that an operator asks for: how many slots have moved after each, as numbers or percent
 * of all that are to move, such as {@code 1,10%,100%}. Immutable.
 *
 * @param watch how long each wave is watched before the next
 */
public record WaveSizes(List<Size> sizes, Duration watch) {
  /** More would be a plan that nobody reads. */
  static final int WAVES_MAX = 20;

  static final Duration WATCH_MIN = Duration.ofSeconds(1);
  static final Duration WATCH_MAX = Duration.ofMinutes(10);

  /** A number of slots, or so many percent of them. */
  public record Size(int number, boolean percent) {
    int of(int slots) {
      return percent ? (slots * number + 99) / 100 : number;
    }

    @Override
    public String toString() {
      return number + (percent ? "%" : "");
    }
  }

  public WaveSizes {
    sizes = List.copyOf(sizes);
    if (watch.compareTo(WATCH_MIN) < 0 || watch.compareTo(WATCH_MAX) > 0) {
      throw new IllegalArgumentException(
          "wave-watch: " + watch.toMillis() + " ms (expected: 1 s to 10 min)");
    }
  }

  /**
   * Reads sizes; whether they grow and end with everything can be told only when it is known how
   * many slots there are.
   *
   * @throws IllegalArgumentException naming everything that is wrong
   */
  public static WaveSizes parse(String text, Duration watch) {
    List<Size> sizes = new ArrayList<>();
    List<String> problems = new ArrayList<>();
    for (String word : Arrays.asList(text.split(",", -1))) {
      size(word.strip()).ifPresentOrElse(sizes::add, () -> problems.add("'" + word + "'"));
    }
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(
          "waves: "
              + String.join(", ", problems)
              + " (expected: numbers of slots or percent, such as 1,10%,100%)");
    }
    if (sizes.size() > WAVES_MAX) {
      throw new IllegalArgumentException(
          "waves: " + sizes.size() + " of them (expected: at most " + WAVES_MAX + ")");
    }
    return new WaveSizes(sizes, watch);
  }

  private static Optional<Size> size(String word) {
    boolean percent = word.endsWith("%");
    String digits = percent ? word.substring(0, word.length() - 1) : word;
    if (!digits.matches("[1-9][0-9]{0,5}")) {
      return Optional.empty();
    }
    int number = Integer.parseInt(digits);
    return percent && number > 100 ? Optional.empty() : Optional.of(new Size(number, percent));
  }

  /** How many slots have moved after each wave, of so many. */
  List<Integer> ends(int slots) {
    return sizes.stream().map(size -> size.of(slots)).toList();
  }

  /** Why these are no waves of so many slots; empty if they are. */
  Optional<Refusal> problem(int slots) {
    List<Integer> ends = ends(slots);
    int before = 0;
    for (int end : ends) {
      if (end <= before) {
        return Optional.of(
            new Refusal(
                RefusalName.WAVES_NOT_GROWING,
                this + " of " + slots + " slots are " + ends + ": each wave must move some more",
                "name sizes that grow"));
      }
      before = end;
    }
    return before == slots
        ? Optional.empty()
        : Optional.of(
            new Refusal(
                RefusalName.WAVES_NOT_WHOLE,
                this + " of " + slots + " slots end with " + before,
                "end with 100%; for a part of the slots add --slots or --percent"));
  }

  @Override
  public String toString() {
    return sizes.stream().map(Size::toString).collect(Collectors.joining(","));
  }
}
