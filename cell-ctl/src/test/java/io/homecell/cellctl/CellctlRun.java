package io.homecell.cellctl;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.json.Json;
import io.homecell.local.RunningPart;
import io.homecell.local.TestTopology;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** Runs the command line in this process, against a folder of its own; for tests. */
final class CellctlRun {
  /** How a command ended. */
  record Result(int exitCode, String out, String err) {
    JsonNode json() {
      return Json.read(out, JsonNode.class);
    }
  }

  private final Path folder;
  private final TestTopology topology;
  private final List<RunningPart> processes = new ArrayList<>();
  private Optional<String> typed = Optional.empty();
  private volatile StringWriter running = new StringWriter();

  CellctlRun(Path folder) {
    this.folder = folder;
    this.topology = TestTopology.create(folder);
  }

  TestTopology topology() {
    return topology;
  }

  Path home() {
    return folder.resolve("home");
  }

  /** What a person will answer to any question. */
  CellctlRun typing(String answer) {
    typed = Optional.of(answer);
    return this;
  }

  /** Puts a process into the local deployment's state file. */
  CellctlRun withProcess(String name, String role, long pid, Instant startedAt, int adminPort)
      throws IOException {
    Path log = folder.resolve(name + ".log");
    Files.writeString(log, "first line of " + name + "\nlast line of " + name + "\n");
    processes.add(
        new RunningPart(
            name,
            role,
            Optional.of(name.substring(0, 5)),
            Optional.empty(),
            pid,
            startedAt,
            "127.0.0.1",
            Optional.empty(),
            Optional.of(adminPort),
            log));
    Files.createDirectories(home());
    Files.writeString(
        home().resolve("state.json"),
        Json.write(Map.of("topology", topology.file(), "processes", processes)));
    return this;
  }

  /** Puts this process into the state file as a coordinator: ZooKeeper is not needed then. */
  CellctlRun withCoordinator(FakeCoordinator coordinator) throws IOException {
    ProcessHandle self = ProcessHandle.current();
    return withProcess(
        "north.coordinator",
        "coordinator",
        self.pid(),
        self.info().startInstant().orElseThrow(),
        coordinator.port());
  }

  /** What the command that runs now, in another thread, has said so far. */
  String saidSoFar() {
    return running.toString();
  }

  Result run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    running = err;
    CommandLine line = Cellctl.commandLine(question -> typed);
    line.setOut(new PrintWriter(out));
    line.setErr(new PrintWriter(err));
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    if (!all.contains("--help") && all.size() > 0) {
      all.addAll(List.of("--data", home().toString(), "-f", topology.file().toString()));
    }
    int exitCode = line.execute(all.toArray(String[]::new));
    return new Result(exitCode, out.toString(), err.toString());
  }
}
