package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.operation.Event.Failure;
import io.homecell.core.slot.SlotRange;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever happens in whatever order: the new owner is opened only after proof that the old one
 * can't commit. Every state that events can lead to is visited.
 */
class OpenNeedsProofTest {
  private static final Instant AT = Instant.EPOCH;
  private static final Move MOVE =
      new Move(
          "north-1", "north", "south-1", "south", List.of(new SlotRun(new SlotRange(0, 7), 3)));

  private record Visit(Operation operation, boolean proven, List<Event> way) {}

  private record Seen(
      Status state, Step step, boolean proven, Optional<Integer> wave, boolean back) {}

  @ParameterizedTest
  @EnumSource(Kind.class)
  void openIsNeverAskedForWithoutProof(Kind kind) {
    openIsNeverAskedForWithoutProof(planned(kind, Optional.empty()));
  }

  /** Each wave, and each way back of one, needs a proof of its own. */
  @ParameterizedTest
  @EnumSource(value = Kind.class, names = "FAILOVER", mode = EnumSource.Mode.EXCLUDE)
  void noWaveIsOpenedWithoutProof(Kind kind) {
    Waves waves =
        Waves.planned(WaveCut.cut(List.of(MOVE), List.of(1, 4, 8)), Duration.ofSeconds(1));
    openIsNeverAskedForWithoutProof(planned(kind, Optional.of(waves)));
  }

  private static void openIsNeverAskedForWithoutProof(Operation planned) {
    Deque<Visit> open = new ArrayDeque<>();
    Set<Seen> seen = new HashSet<>();
    int opened = 0;
    open.add(new Visit(planned, false, List.of()));
    while (!open.isEmpty()) {
      Visit visit = open.remove();
      for (Event event : events()) {
        Transition transition = OperationMachine.on(visit.operation(), event);
        boolean proven =
            (visit.proven() || proves(visit.operation(), event))
                && transition.next().step() != Step.HOLD;
        List<Event> way = new ArrayList<>(visit.way());
        way.add(event);
        boolean opens = transition.actions().stream().anyMatch(Action.OpenFence.class::isInstance);
        assertThat(!opens || proven).as("opened without proof after %s", way).isTrue();
        opened += opens ? 1 : 0;
        Operation next = transition.next();
        if (seen.add(
            new Seen(
                next.state(),
                next.step(),
                proven,
                next.waves().map(Waves::current),
                next.waves().map(Waves::returning).orElse(false)))) {
          open.add(new Visit(next, proven, way));
        }
      }
    }
    assertThat(opened).isPositive();
  }

  /** The fence row has arrived behind everything else, or no lease runs any more. */
  private static boolean proves(Operation before, Event event) {
    Step step = before.kind() == Kind.FAILOVER ? Step.WAIT_LEASE : Step.DRAIN;
    return (before.state() == Status.RUNNING || before.state() == Status.RETURNING)
        && before.step() == step
        && event instanceof Event.Done done
        && done.step() == step;
  }

  private static List<Event> events() {
    List<Event> events = new ArrayList<>();
    events.add(new Event.TakenUp(AT, "c"));
    events.add(new Event.AbortRequested(AT, "asked for"));
    events.add(new Event.Refused(AT, List.of()));
    events.add(new Event.WaveFailed(AT, List.of("bad"), ""));
    for (Step step : Step.values()) {
      if (step != Step.END && step != Step.PLAN) {
        events.add(new Event.Done(step, AT, ""));
        for (Failure failure : Failure.values()) {
          events.add(new Event.Failed(step, AT, failure, "no"));
        }
      }
    }
    return events;
  }

  private static Operation planned(Kind kind, Optional<Waves> waves) {
    Plan plan = new Plan("north", "south", List.of(MOVE), 7, 0, List.of(), waves);
    OperationRequest request = Requests.northToSouth(kind);
    return Operation.planned("op", request, plan, AT);
  }
}
