package io.homecell.tests.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs the real {@code cellctl} as a process of its own, as its users do. */
public final class CellctlProcess {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private final Path home;
  private final Path topology;
  private int runs;

  public CellctlProcess(Path home, Path topology) {
    this.home = home;
    this.topology = topology;
  }

  /** How a run ended. */
  public record Result(int exitCode, String out, String err) {
    /** The last line that it said: to a person if it did, else its output. */
    public String lastLine() {
      String said = (err.isBlank() ? out : err).strip();
      return said.substring(said.lastIndexOf('\n') + 1);
    }

    public JsonNode json() {
      try {
        return Json.mapper().readTree(out);
      } catch (IOException e) {
        throw new AssertionError("not JSON: " + out + "\n" + err, e);
      }
    }
  }

  /** A run that is under way. */
  public record Running(String command, Process process, Path out, Path err)
      implements AutoCloseable {
    public Result await(Duration within) throws Exception {
      boolean ended = process.waitFor(within.toMillis(), TimeUnit.MILLISECONDS);
      assertThat(ended)
          .as("cellctl %s ended within %s; it said:%n%s", command, within, Files.readString(err))
          .isTrue();
      return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    /** Asks it to end, as Ctrl-C does. */
    public void interrupt() {
      process.destroy();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  public Running start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData"));
    command.add("-cp");
    command.add(
        ROOT.resolve("cell-ctl/target/cellctl.jar")
            + ":"
            + Files.readString(ROOT.resolve("cell-ctl/target/runtime.classpath")).strip());
    command.add("-Dhomecell.root=" + ROOT);
    command.add("io.homecell.cellctl.CellctlMain");
    command.addAll(List.of(arguments));
    command.addAll(List.of("--data", home.toString(), "--topology", topology.toString()));
    int run = ++runs;
    Path out = home.resolveSibling("cellctl-" + run + ".out");
    Path err = home.resolveSibling("cellctl-" + run + ".err");
    Process process =
        new ProcessBuilder(command)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    return new Running(String.join(" ", arguments), process, out, err);
  }

  public Result run(Duration within, String... arguments) throws Exception {
    try (Running running = start(arguments)) {
      return running.await(within);
    }
  }

  /** Runs a command that must succeed. */
  public Result ok(Duration within, String... arguments) throws Exception {
    Result result = run(within, arguments);
    assertThat(result.exitCode())
        .as("cellctl %s%n%s%n%s", String.join(" ", arguments), result.out(), result.err())
        .isZero();
    return result;
  }
}
