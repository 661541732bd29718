package io.homecell.coordinator.operation;

import static io.homecell.coordinator.operation.Step.CHECK;
import static io.homecell.coordinator.operation.Step.CLOSE;
import static io.homecell.coordinator.operation.Step.DECLARE_LOST;
import static io.homecell.coordinator.operation.Step.DRAIN;
import static io.homecell.coordinator.operation.Step.HOLD;
import static io.homecell.coordinator.operation.Step.JOBS;
import static io.homecell.coordinator.operation.Step.MARK_ACTIVE;
import static io.homecell.coordinator.operation.Step.OPEN;
import static io.homecell.coordinator.operation.Step.PLAN;
import static io.homecell.coordinator.operation.Step.PUBLISH;
import static io.homecell.coordinator.operation.Step.STATE_LOSS;
import static io.homecell.coordinator.operation.Step.VERIFY;
import static io.homecell.coordinator.operation.Step.WAIT_LEASE;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The ways of moving slots, each with its steps in order. */
public enum Kind {
  /** A planned move: the old owner takes part, nothing is lost. */
  SWITCHOVER,
  /** The old owner can't be reached: its lease is waited out, and the loss is stated. */
  FAILOVER,
  /** A planned move of every slot that is away, to its home. */
  FAILBACK;

  /** The steps of an operation that goes well, in order. */
  public List<Step> steps() {
    return switch (this) {
      case SWITCHOVER -> List.of(PLAN, CHECK, HOLD, CLOSE, DRAIN, OPEN, PUBLISH, JOBS, VERIFY);
      case FAILOVER ->
          List.of(
              PLAN, CHECK, DECLARE_LOST, HOLD, WAIT_LEASE, STATE_LOSS, OPEN, PUBLISH, JOBS, VERIFY);
      case FAILBACK ->
          List.of(PLAN, CHECK, MARK_ACTIVE, HOLD, CLOSE, DRAIN, OPEN, PUBLISH, JOBS, VERIFY);
    };
  }

  /** The step that follows, or {@link Step#END} after the last. */
  Step after(Step step) {
    int index = steps().indexOf(step);
    if (index < 0) {
      throw new IllegalArgumentException(step + " is no step of a " + this);
    }
    return index + 1 < steps().size() ? steps().get(index + 1) : Step.END;
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
