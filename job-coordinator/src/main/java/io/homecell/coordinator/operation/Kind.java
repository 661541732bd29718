package io.homecell.coordinator.operation;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The ways of moving slots, each with its steps in order. */
public enum Kind {
  /** A planned move: the old owner takes part, nothing is lost. */
  SWITCHOVER(
      Step.PLAN,
      Step.CHECK,
      Step.HOLD,
      Step.CLOSE,
      Step.DRAIN,
      Step.OPEN,
      Step.PUBLISH,
      Step.JOBS,
      Step.VERIFY),
  /** The old owner can't be reached: its lease is waited out, and the loss is stated. */
  FAILOVER(
      Step.PLAN,
      Step.CHECK,
      Step.DECLARE_LOST,
      Step.WAIT_LEASE,
      Step.STATE_LOSS,
      Step.OPEN,
      Step.PUBLISH,
      Step.JOBS,
      Step.VERIFY),
  /** A planned move of every slot that is away, to its home. */
  FAILBACK(
      Step.PLAN,
      Step.CHECK,
      Step.MARK_ACTIVE,
      Step.HOLD,
      Step.CLOSE,
      Step.DRAIN,
      Step.OPEN,
      Step.PUBLISH,
      Step.JOBS,
      Step.VERIFY);

  private final List<Step> steps;

  Kind(Step... steps) {
    this.steps = List.of(steps);
  }

  /** The steps of an operation that goes well, in order. */
  public List<Step> steps() {
    return steps;
  }

  /** The step that follows, or {@link Step#END} after the last. */
  Step after(Step step) {
    int index = steps.indexOf(step);
    if (index < 0) {
      throw new IllegalArgumentException(step + " is no step of a " + this);
    }
    return index + 1 < steps.size() ? steps.get(index + 1) : Step.END;
  }

  /** The lower-case name, as the admin API and the command line write it. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads a lower-case name.
   *
   * @throws IllegalArgumentException if there is no such kind
   */
  public static Kind of(String word) {
    return Arrays.stream(values())
        .filter(kind -> kind.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "kind: '" + word + "' (expected: switchover, failover or failback)"));
  }
}
