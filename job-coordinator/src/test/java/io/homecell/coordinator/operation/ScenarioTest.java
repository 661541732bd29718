package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.operation.Event.Failure;
import io.homecell.core.json.Json;
import io.homecell.core.slot.SlotRange;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Drives the machine by the files in {@code switchover/}: an event ({@code > ...}), then the state
 * and the action that must follow. After each step the state goes through JSON and is taken up by
 * another coordinator, which must get the same action: a crash at each step of each scenario.
 */
class ScenarioTest {
  private static final Path SCENARIOS = Path.of("src/test/resources/switchover");

  private Instant now = Instant.parse("2026-11-22T03:00:00Z");
  private Operation operation = plan("SWITCHOVER a->b:0@1 routes=1");

  static Stream<Path> scenarios() throws IOException {
    try (Stream<Path> files = Files.list(SCENARIOS)) {
      return files.sorted().toList().stream();
    }
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void machineFollowsScenario(Path scenario) throws IOException {
    int number = 0;
    String event = "";
    for (String line : Files.readAllLines(scenario)) {
      number++;
      String place = scenario.getFileName() + ":" + number;
      if (line.isBlank() || line.startsWith("#")) {
        continue;
      }
      if (line.startsWith("plan ")) {
        operation = plan(line.substring(5));
      } else if (line.startsWith("> ")) {
        event = line.substring(2);
      } else if (line.startsWith("error: ")) {
        assertThat(operation.error()).as(place).contains(line.substring(7));
      } else if (line.startsWith("warnings: ")) {
        assertThat(operation.warnings()).as(place).hasSize(Integer.parseInt(line.substring(10)));
      } else if (line.startsWith("outcome: ")) {
        assertThat(operation.outcome()).as(place).contains(line.substring(9));
      } else if (line.startsWith("loss: ")) {
        assertThat(operation.loss()).as(place).hasSize(Integer.parseInt(line.substring(6)));
      } else if (line.startsWith("refusals: ")) {
        assertThat(operation.refusals())
            .as(place)
            .extracting(refusal -> refusal.name().name())
            .containsExactly(line.substring(10).split(" ", -1));
      } else {
        check(event, line, place);
      }
    }
  }

  private void check(String event, String expected, String place) {
    now = now.plusMillis(10);
    Transition transition = OperationMachine.on(operation, event(event));
    operation = transition.next();
    assertThat(text(operation, transition.actions()))
        .as(place + " after " + event)
        .isEqualTo(expected.strip());
    if (!transition.actions().isEmpty()) {
      Operation read = Json.read(Json.write(operation), Operation.class);
      assertThat(read).as(place + " through JSON").isEqualTo(operation);
      Transition resumed = OperationMachine.on(read, new Event.TakenUp(now, "another"));
      assertThat(text(resumed.next(), resumed.actions()))
          .as(place + " after a crash")
          .isEqualTo(expected.strip());
    }
  }

  private Event event(String text) {
    List<String> words = Arrays.asList(text.split(" ", -1));
    return switch (words.get(0)) {
      case "taken" -> new Event.TakenUp(now, "coordinator");
      case "abort" -> new Event.AbortRequested(now, "asked for");
      case "done" ->
          new Event.Done(
              Step.valueOf(words.get(1)),
              now,
              "",
              List.of(),
              words.contains("losing")
                  ? List.of(
                      new Loss(
                          "north-1",
                          "south-1",
                          Optional.of(now),
                          Optional.empty(),
                          Optional.of(3L),
                          Optional.of(now),
                          Optional.of(
                              new Loss.Figures(
                                  now,
                                  Optional.of(new Loss.Captured("STARTING", 2, 300, 40)),
                                  Optional.of(new Loss.Recent(120, 45, 10)),
                                  List.of(
                                      new Loss.Peer(
                                          "west-1", Optional.of("u:1-2"), 2, Optional.empty()))))))
                  : List.of());
      case "bad" ->
          new Event.WaveFailed(
              now, List.of(String.join(" ", words.subList(1, words.size()))), "figures");
      case "refused" ->
          new Event.Refused(
              now,
              words.subList(1, words.size()).stream()
                  .map(name -> new Refusal(RefusalName.valueOf(name), "detail", "way out"))
                  .toList());
      case "unreachable", "conflict" ->
          new Event.Failed(
              Step.valueOf(words.get(1)),
              now,
              words.get(0).equals("conflict") ? Failure.CONFLICT : Failure.UNREACHABLE,
              String.join(" ", words.subList(2, words.size())));
      default -> throw new IllegalArgumentException("event: " + text);
    };
  }

  private Operation plan(String text) {
    String[] words = text.split(" ", -1);
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 2; i < words.length; i++) {
      String[] option = words[i].split("=", -1);
      options.put(option[0], option.length > 1 ? option[1] : "");
    }
    String[] path = words[1].split(":", -1)[0].split("->", -1);
    List<SlotRun> runs =
        Arrays.stream(words[1].split(":", -1)[1].split(",", -1))
            .map(run -> run.split("@", -1))
            .map(run -> new SlotRun(SlotRange.parse(run[0]), Long.parseLong(run[1])))
            .toList();
    String from = path[0].split("-", -1)[0];
    String to = path[1].split("-", -1)[0];
    Kind kind = Kind.valueOf(words[0]);
    OperationRequest request =
        new OperationRequest(
            kind,
            Optional.of(from),
            Optional.of(to),
            options.containsKey("part") ? Optional.of(new SlotRange(0, 9)) : Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Set.of());
    Move move = new Move(path[0], from, path[1], to, runs);
    Optional<Waves> waves =
        Optional.ofNullable(options.get("waves"))
            .map(sizes -> WaveSizes.parse(sizes, Duration.ofSeconds(5)))
            .map(
                sizes ->
                    Waves.planned(
                        WaveCut.cut(List.of(move), sizes.ends(move.size())), sizes.watch()));
    Plan plan =
        new Plan(
            from,
            to,
            List.of(move),
            Long.parseLong(options.get("routes")),
            Integer.parseInt(options.getOrDefault("version", "-1")),
            options.containsKey("active") ? List.of(options.get("active")) : List.of(),
            waves);
    return Operation.planned("op-1", request, plan, now);
  }

  private static String text(Operation operation, List<Action> actions) {
    String what = String.join("; ", actions.stream().map(ScenarioTest::text).toList());
    return (operation.state() + " " + operation.step() + ": " + what).strip();
  }

  private static String text(Action action) {
    if (action instanceof Action.Hold hold) {
      Move move = hold.moves().get(0);
      return "hold %s %s->%s, table %d->%d%s"
          .formatted(
              runs(move, -1),
              move.source(),
              move.target(),
              hold.fromEpoch(),
              hold.fromEpoch() + 1,
              hold.acknowledged() ? "" : ", routers not awaited");
    } else if (action instanceof Action.CloseFence close) {
      return "close " + runs(close.moves().get(0), 1) + " at " + close.moves().get(0).source();
    } else if (action instanceof Action.AwaitDrain drain) {
      return "await " + runs(drain.moves().get(0), 1) + " at " + drain.moves().get(0).target();
    } else if (action instanceof Action.OpenFence open) {
      return "open " + runs(open.moves().get(0), 2) + " at " + open.moves().get(0).target();
    } else if (action instanceof Action.Publish publish) {
      Move move = publish.moves().get(0);
      return "publish %s %s, table %d->%d"
          .formatted(runs(move, 2), move.target(), publish.fromEpoch(), publish.fromEpoch() + 1);
    } else if (action instanceof Action.CheckWave check) {
      Move move = check.moves().get(0);
      return "watch %s at %s for %d s, table %d"
          .formatted(runs(move, -1), move.target(), check.watch().toSeconds(), check.routeEpoch());
    } else if (action instanceof Action.MoveJobs jobs) {
      return jobs.moves().isEmpty()
          ? "jobs stay"
          : jobs.failback()
              ? "jobs home"
              : "jobs %s->%s%s"
                  .formatted(
                      jobs.moves().get(0).sourceDatacenter(),
                      jobs.moves().get(0).targetDatacenter(),
                      jobs.sourceLost() ? ", source lost" : "");
    } else if (action instanceof Action.Verify verify) {
      return "verify table " + verify.routeEpoch();
    } else if (action instanceof Action.ReopenFence reopen) {
      return "reopen " + runs(reopen.moves().get(0), 2) + " at " + reopen.moves().get(0).source();
    } else if (action instanceof Action.Release release) {
      Move move = release.moves().get(0);
      return "release %s to %s, planned at table %d"
          .formatted(runs(move, release.reopened() ? 2 : 0), move.source(), release.plannedEpoch());
    } else if (action instanceof Action.DeclareLost declare) {
      return "declare %s lost, version %d".formatted(declare.datacenter(), declare.fromVersion());
    } else if (action instanceof Action.AwaitLease lease) {
      return "await lease of " + lease.datacenter();
    } else if (action instanceof Action.StateLoss loss) {
      return "state loss %s->%s"
          .formatted(loss.moves().get(0).source(), loss.moves().get(0).target());
    } else if (action instanceof Action.Undeclare undeclare) {
      return "undeclare " + undeclare.datacenter();
    } else if (action instanceof Action.MarkActive mark) {
      return "mark " + String.join(",", mark.datacenters()) + " active";
    } else if (action instanceof Action.Finish) {
      return "finish";
    }
    return "check";
  }

  private static String runs(Move move, int added) {
    return String.join(
        ",",
        move.runs().stream()
            .map(
                run ->
                    added < 0 ? run.slots().toString() : run.slots() + "@" + (run.epoch() + added))
            .toList());
  }
}
