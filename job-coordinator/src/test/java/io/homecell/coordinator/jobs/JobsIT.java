package io.homecell.coordinator.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.SlotRun;
import io.homecell.coordinator.steps.Stop;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.local.TestTopology;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three coordinators in three JVMs, two of them in one datacenter; the job moves there and back and
 * processes are killed: never two runs at once, each due run once.
 */
@Timeout(180)
class JobsIT {
  private static final Duration SOON = Duration.ofSeconds(40);

  /** One run as the file tells it; the end is empty if it was killed. */
  private record Seen(
      String unit, Instant due, long epoch, String who, Instant begin, Instant end) {}

  @TempDir Path folder;
  private final Map<String, Process> processes = new LinkedHashMap<>();
  private TestingServer zookeeper;
  private Path topologyFile;
  private Topology topology;
  private CuratorFramework client;
  private JobStore store;
  private JobMoves moves;
  private JobUnit settlement;

  @BeforeEach
  void start() throws Exception {
    zookeeper = new TestingServer();
    TestTopology test =
        TestTopology.create(folder, zookeeper.getConnectString(), Duration.ofSeconds(8));
    topologyFile = folder.resolve("jobs.yaml");
    Files.writeString(
        topologyFile,
        Files.readString(test.file())
            .replace("0 0 2 * * ?", "* * * * * ?")
            .replace("*/30 * * * * ?", "*/2 * * * * ?"));
    topology = TopologyFile.read(topologyFile);
    client = Coordination.connect(topology.coordination());
    for (String name : topology.datacenters().keySet()) {
      client
          .create()
          .creatingParentsIfNeeded()
          .forPath(DatacenterStates.path(name), DatacenterStates.initialContent());
    }
    store = new JobStore(client);
    moves = new JobMoves(topology, client);
    moves.lookAfter();
    settlement =
        JobUnit.of(topology).stream()
            .filter(unit -> unit.cell().isEmpty())
            .findFirst()
            .orElseThrow();
    process("north-a", "north");
    process("north-b", "north");
    process("south-a", "south");
    await("three processes", () -> lines("READY").size() == 3);
  }

  @AfterEach
  void stop() throws Exception {
    processes.values().forEach(Process::destroyForcibly);
    for (Process process : processes.values()) {
      process.waitFor(10, TimeUnit.SECONDS);
    }
    client.close();
    zookeeper.close();
  }

  @Test
  void ownerChangesAndProcessesDie() throws Exception {
    awaitDone(3);
    long began = System.nanoTime();
    move("north", "south", false);
    Duration moved = Duration.ofNanos(System.nanoTime() - began);
    // Acknowledged, so shorter than the lease of 4 s and its margin of 1 s.
    assertThat(moved).isLessThan(Duration.ofSeconds(5));
    awaitDoneBy("south");
    move("south", "north", false);
    awaitDoneBy("north");
    // The one that runs it dies; the other coordinator of the datacenter goes on.
    String runner = lastRunner();
    kill(runner);
    awaitDoneBy(runner.equals("north-a") ? "north-b" : "north-a");
    // It moves away from a process that can't acknowledge any more.
    move("north", "south", false);
    awaitDoneBy("south");
    // The datacenter is declared lost: nothing of it runs, then the job follows.
    new DatacenterStates(client)
        .declareLost("south", new DatacenterStates(client).read("south").version());
    Instant lostAt = Instant.now();
    await("the lease of south is over", () -> Instant.now().isAfter(lostAt.plusSeconds(9)));
    assertThat(runs().stream().filter(run -> run.begin().isAfter(lostAt.plusSeconds(5))))
        .allMatch(run -> !run.who().startsWith("south"));
    move("south", "north", true);
    awaitDoneBy("north");
    awaitCaughtUp();
    processes.values().forEach(Process::destroyForcibly);

    assertNeverTwoAtOnce();
    assertEachDueRunOnce(runner);
    assertThat(runs().stream().filter(run -> run.unit().equals("expire-orders@south-1")))
        .isNotEmpty();
  }

  private void process(String instance, String datacenter) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
            JobProcess.class.getName(),
            topologyFile.toString(),
            instance,
            datacenter,
            runsFile().toString());
    builder.redirectErrorStream(true);
    builder.redirectOutput(folder.resolve(instance + ".log").toFile());
    processes.put(instance, builder.start());
  }

  private void move(String from, String to, boolean lost) {
    Move move =
        new Move(from + "-1", from, to + "-1", to, List.of(new SlotRun(new SlotRange(0, 511), 1)));
    moves.move(new Action.MoveJobs(List.of(move), false, lost), new Stop());
    assertThat(store.owner(settlement).orElseThrow().isActiveIn(to)).isTrue();
  }

  private void awaitDone(int count) throws Exception {
    await(
        count + " runs",
        () -> runs().stream().filter(run -> run.unit().equals("settlement")).count() >= count);
  }

  private void awaitDoneBy(String who) throws Exception {
    Instant from = Instant.now();
    await(
        "runs by " + who,
        () ->
            runs().stream()
                    .filter(run -> run.unit().equals("settlement") && run.end() != null)
                    .filter(run -> run.begin().isAfter(from) && run.who().startsWith(who))
                    .count()
                >= 3);
  }

  private void awaitCaughtUp() throws Exception {
    await(
        "everything that was missed is made up for",
        () -> {
          List<JobRun> runs = store.runs(settlement).stream().map(JobStore.StoredRun::run).toList();
          return DueRuns.of("* * * * * ?", true)
              .due(store.began(settlement).orElseThrow(), runs, Instant.now().minusSeconds(2))
              .isEmpty();
        });
  }

  /**
   * Kills it between two runs or in the middle of one: a run that has ended and is not recorded yet
   * runs again, as it must, since nobody knows that it has ended.
   */
  private void kill(String instance) throws Exception {
    Process process = processes.get(instance);
    await(
        "a moment at which what has ended is recorded",
        () -> {
          signal(process, "STOP");
          boolean recorded = isLastEndRecorded();
          if (!recorded) {
            signal(process, "CONT");
          }
          return recorded;
        });
    process.destroyForcibly();
  }

  private boolean isLastEndRecorded() {
    Instant last =
        runs().stream()
            .filter(run -> run.unit().equals("settlement") && run.end() != null)
            .map(Seen::due)
            .max(Instant::compareTo)
            .orElseThrow();
    return store.runs(settlement).stream()
        .map(JobStore.StoredRun::run)
        .anyMatch(run -> run.dueAt().equals(last) && run.state() == JobRun.State.DONE);
  }

  private static void signal(Process process, String name) {
    try {
      Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
      assertThat(kill.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(kill.exitValue()).isZero();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private String lastRunner() {
    List<Seen> all = runs().stream().filter(run -> run.unit().equals("settlement")).toList();
    return all.get(all.size() - 1).who();
  }

  private void assertNeverTwoAtOnce() {
    Map<String, Seen> last = new HashMap<>();
    for (Seen run : runs()) {
      Seen before = last.put(run.unit(), run);
      if (before != null && before.end() != null) {
        assertThat(run.begin()).as("%s then %s", before, run).isAfterOrEqualTo(before.end());
      }
      if (before != null) {
        assertThat(run.epoch())
            .as("%s then %s", before, run)
            .isGreaterThanOrEqualTo(before.epoch());
      }
    }
  }

  private void assertEachDueRunOnce(String killed) {
    Set<Instant> done = new HashSet<>();
    for (Seen run : runs()) {
      if (run.unit().equals("settlement") && run.end() != null) {
        assertThat(done.add(run.due())).as("%s ran twice", run).isTrue();
      }
    }
    assertThat(runs().stream().filter(run -> run.end() == null && run.unit().equals("settlement")))
        .as("runs that were killed")
        .allMatch(run -> run.who().equals(killed) || run.who().startsWith("north"));
    Instant first = done.stream().min(Instant::compareTo).orElseThrow();
    Instant newest = done.stream().max(Instant::compareTo).orElseThrow();
    for (Instant due = first; !due.isAfter(newest); due = due.plusSeconds(1)) {
      assertThat(done).as("the run that was due at %s", due).contains(due);
    }
  }

  private List<Seen> runs() {
    List<Seen> runs = new ArrayList<>();
    Map<String, Integer> open = new HashMap<>();
    for (String line : lines("")) {
      String[] words = line.split(" ", -1);
      if (words.length < 6) {
        continue;
      }
      String key = words[2] + words[3] + words[5];
      if (words[0].equals("BEGIN")) {
        open.put(key, runs.size());
        runs.add(
            new Seen(
                words[2],
                Instant.parse(words[3]),
                Long.parseLong(words[4]),
                words[5],
                Instant.parse(words[1]),
                null));
      } else if (words[0].equals("END") && open.containsKey(key)) {
        int index = open.remove(key);
        Seen begun = runs.get(index);
        runs.set(
            index,
            new Seen(
                begun.unit(),
                begun.due(),
                begun.epoch(),
                begun.who(),
                begun.begin(),
                Instant.parse(words[1])));
      }
    }
    return runs;
  }

  private List<String> lines(String prefix) {
    try {
      return Files.exists(runsFile())
          ? Files.readAllLines(runsFile()).stream().filter(line -> line.startsWith(prefix)).toList()
          : List.of();
    } catch (IOException e) {
      return List.of();
    }
  }

  private Path runsFile() {
    return folder.resolve("runs.txt");
  }

  private void await(String what, BooleanSupplier condition) throws Exception {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        StringBuilder logs = new StringBuilder();
        for (String instance : processes.keySet()) {
          List<String> log = Files.readAllLines(folder.resolve(instance + ".log"));
          logs.append(instance).append(":\n");
          log.subList(Math.max(0, log.size() - 30), log.size())
              .forEach(line -> logs.append(line).append('\n'));
        }
        throw new AssertionError(
            "not within " + SOON.toSeconds() + " s: " + what + "\n" + lines("") + "\n" + logs);
      }
      Thread.sleep(50);
    }
  }
}
