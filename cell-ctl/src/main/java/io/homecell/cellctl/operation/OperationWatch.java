package io.homecell.cellctl.operation;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * Follows an operation to its end and prints each step as it passes. The operation does not depend
 * on it: if the leader dies, the next one is found and goes on; Ctrl-C ends the watching only.
 */
final class OperationWatch {
  private static final Duration POLL = Duration.ofMillis(150);
  private static final Duration NO_LEADER_MAX = Duration.ofSeconds(60);

  private final Target target;
  private final Supplier<ControlPlane> find;
  private int told;
  private String underWay = "";

  OperationWatch(Target target) {
    this(target, () -> ControlPlane.require(target));
  }

  OperationWatch(Target target, Supplier<ControlPlane> find) {
    this.target = target;
    this.find = find;
  }

  /** Watches; returns the operation as it ended. */
  JsonNode untilOver(ControlPlane first, String id) {
    Thread interrupted = new Thread(() -> tellThatItGoesOn(id), "operation goes on");
    Runtime.getRuntime().addShutdownHook(interrupted);
    try {
      ControlPlane control = first;
      Instant lastAnswer = Instant.now();
      while (true) {
        try {
          JsonNode operation = control.get("/admin/operations/" + id);
          lastAnswer = Instant.now();
          tellSteps(operation);
          if (OperationText.isOver(operation)) {
            return operation;
          }
        } catch (CommandFailure e) {
          if (Duration.between(lastAnswer, Instant.now()).compareTo(NO_LEADER_MAX) > 0) {
            throw CommandFailure.failed(
                e.getMessage()
                    + "\nThe operation goes on when a coordinator leads again; see it with"
                    + " `cellctl operation show "
                    + id
                    + "`");
          }
          control = findAgain(control);
        }
        pause();
      }
    } finally {
      try {
        Runtime.getRuntime().removeShutdownHook(interrupted);
      } catch (IllegalStateException shuttingDown) {
        // the hook runs already
      }
    }
  }

  private ControlPlane findAgain(ControlPlane before) {
    try {
      return find.get();
    } catch (CommandFailure noLeaderYet) {
      return before;
    }
  }

  private void tellSteps(JsonNode operation) {
    if (target.isJson()) {
      return;
    }
    JsonNode steps = operation.path("steps");
    while (told < steps.size() && OperationText.time(steps.get(told), "endedAt").isPresent()) {
      target.out().println(OperationText.step(steps.get(told)));
      told++;
    }
    if (told < steps.size()) {
      tellUnderWay(steps.get(told));
    }
    target.out().flush();
  }

  /** A step that takes its time is told before it ends, once. */
  private void tellUnderWay(JsonNode step) {
    String name = step.path("step").asText();
    boolean slow =
        OperationText.time(step, "startedAt")
            .map(start -> Duration.between(start, Instant.now()).toMillis() > 1_000)
            .orElse(false);
    if (slow && !underWay.equals(name)) {
      underWay = name;
      target.out().println(OperationText.step(step));
    }
  }

  private void tellThatItGoesOn(String id) {
    target
        .err()
        .println(
            "\ncellctl: operation "
                + id
                + " goes on without this command. See it: cellctl operation show "
                + id
                + "; give it up: cellctl operation abort "
                + id);
    target.err().flush();
  }

  private static void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }
}
