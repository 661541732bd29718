package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Direction;
import io.homecell.coordinator.operation.Event;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.Step;
import io.homecell.coordinator.operation.WaveFacts;
import io.homecell.coordinator.operation.WaveFacts.Carrier;
import io.homecell.coordinator.operation.WaveJudge;
import io.homecell.coordinator.operation.WaveLimits;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.AppliedEpochs.Applied;
import io.homecell.core.route.SlotFigures;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * CHECK_WAVE: watches the slots that have just been moved, and has what was seen judged. Taken up
 * by another coordinator, it watches anew for the whole time: an earlier one's readings are not
 * kept.
 */
final class WaveCheck {
  private static final Duration LOOK_EACH = Duration.ofMillis(500);

  private static final Duration SILENT_MAX = Duration.ofSeconds(15);

  /** A status older than this says nothing about now. */
  private static final Duration STATUS_AGE_MAX = Duration.ofSeconds(10);

  private final RouteSteps routes;
  private final AppliedEpochs applied;
  private final Pipelines pipelines;
  private final RouterFigures figures;
  private final Clock clock;
  private final WaveLimits limits = WaveLimits.standard();

  /** What the routers have said so far, since the first time each was asked. */
  private record Seen(SlotFigures sum, List<String> silent) {}

  WaveCheck(
      RouteSteps routes,
      AppliedEpochs applied,
      Pipelines pipelines,
      RouterFigures figures,
      Clock clock) {
    this.routes = routes;
    this.applied = applied;
    this.pipelines = pipelines;
    this.figures = figures;
    this.clock = clock;
  }

  Event check(Action.CheckWave action, Stop stop) {
    routes.awaitRouters(action.routeEpoch(), stop);
    String slots =
        action.moves().stream()
            .flatMap(move -> move.runs().stream())
            .map(run -> run.slots().toString())
            .collect(Collectors.joining(","));
    Map<String, SlotFigures> baselines = new HashMap<>();
    long began = System.nanoTime();
    Seen seen = look(slots, baselines);
    while (isToLookOn(seen, action.watch(), began)) {
      Duration left = Stop.left(began, action.watch());
      boolean lastPart = !left.isZero() && left.compareTo(LOOK_EACH) < 0;
      stop.pause(lastPart ? left : LOOK_EACH);
      seen = look(slots, baselines);
    }
    WaveFacts facts = new WaveFacts(seen.sum(), seen.silent(), back(action.moves()));
    return outcome(facts, Duration.ofNanos(System.nanoTime() - began));
  }

  /** A router that has just died is registered until its session ends, and may be back by then. */
  private boolean isToLookOn(Seen seen, Duration watch, long began) {
    Duration enough = seen.silent().isEmpty() ? watch : watch.plus(SILENT_MAX);
    return !Stop.left(began, enough).isZero() && WaveJudge.atOnce(seen.sum(), limits).isEmpty();
  }

  private Event outcome(WaveFacts facts, Duration watched) {
    String line = "in " + watched.toMillis() + " ms " + WaveJudge.line(facts);
    List<String> findings = WaveJudge.findings(facts, limits);
    if (!findings.isEmpty()) {
      return new Event.WaveFailed(clock.instant(), findings, line);
    }
    List<String> warnings =
        facts.requests().requests() == 0
            ? List.of("CHECK_WAVE: no request for the wave's slots came while it was watched")
            : List.of();
    return new Event.Done(Step.CHECK_WAVE, clock.instant(), line, warnings, List.of());
  }

  /** A router that is gone with its session is no longer asked; a new one counts from now on. */
  private Seen look(String slots, Map<String, SlotFigures> baselines) {
    SlotFigures sum = SlotFigures.NONE;
    List<String> silent = new ArrayList<>();
    for (Applied router : applied.list()) {
      if (!router.role().equals("router")) {
        continue;
      }
      try {
        SlotFigures now = figures.of(admin(router), slots);
        SlotFigures baseline = baselines.computeIfAbsent(router.instance(), first -> now);
        sum = sum.plus(now.since(baseline));
      } catch (IOException e) {
        silent.add(router.instance() + " can't be asked: " + e.getMessage());
      }
    }
    return new Seen(sum, silent);
  }

  private static String admin(Applied router) throws IOException {
    return router
        .admin()
        .orElseThrow(() -> new IOException("it does not tell its admin port; is it an old one?"));
  }

  private List<Carrier> back(List<Move> moves) {
    List<PipelineStatus> statuses = pipelines.list();
    return moves.stream()
        .map(Move::back)
        .map(move -> new Direction(move.source(), move.target()))
        .distinct()
        .map(way -> carrier(way, statuses))
        .toList();
  }

  private Carrier carrier(Direction way, List<PipelineStatus> statuses) {
    Optional<PipelineStatus> status =
        statuses.stream().filter(one -> one.direction().equals(way)).findFirst();
    if (status.isEmpty()) {
      return new Carrier(way, "not reported", 0);
    }
    Duration age = Duration.between(status.get().at(), clock.instant());
    return age.compareTo(STATUS_AGE_MAX) > 0
        ? new Carrier(way, "silent for " + age.toSeconds() + " s", 0)
        : new Carrier(way, status.get().state(), status.get().lagMillis());
  }
}
