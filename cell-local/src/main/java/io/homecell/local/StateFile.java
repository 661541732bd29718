package io.homecell.local;

import com.fasterxml.jackson.core.JacksonException;
import io.homecell.core.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code state.json} of a local deployment: every process that it started and has not stopped.
 *
 * <p>Invariant: a process is in the file before anything waits for it, so that whoever comes after
 * a crash of this one can stop it. Replaced in one step, never half written. Safe for any number of
 * threads of one process; {@link DeploymentLock} keeps other processes out.
 */
public final class StateFile {
  /** What the file holds. */
  record Content(Path topology, List<RunningPart> processes) {}

  private final Path file;
  private final Path topology;
  private final Map<String, RunningPart> parts = new LinkedHashMap<>();

  private StateFile(Path file, Path topology) {
    this.file = file;
    this.topology = topology;
  }

  /**
   * Opens the state of a deployment, for one that starts or changes it.
   *
   * @param topologyFile which the deployment runs
   */
  static StateFile open(Path file, Path topologyFile) {
    StateFile state = new StateFile(file, topologyFile.toAbsolutePath().normalize());
    read(file)
        .ifPresent(
            content -> content.processes().forEach(part -> state.parts.put(part.name(), part)));
    return state;
  }

  /** The processes in a state file; none if there is no such file. */
  public static List<RunningPart> processesIn(Path file) {
    return read(file).map(Content::processes).orElse(List.of());
  }

  /** The topology that a state file's deployment runs, if there is one. */
  public static Optional<Path> topologyIn(Path file) {
    return read(file).map(Content::topology);
  }

  private static Optional<Content> read(Path file) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.mapper().readValue(file.toFile(), Content.class));
    } catch (JacksonException e) {
      throw new LocalStartException(
          "the state file " + file + " can't be read: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new LocalStartException("the state file " + file + " can't be read: " + e, e);
    }
  }

  synchronized List<RunningPart> processes() {
    return List.copyOf(parts.values());
  }

  synchronized Optional<RunningPart> of(String name) {
    return Optional.ofNullable(parts.get(name));
  }

  synchronized void put(RunningPart part) {
    parts.put(part.name(), part);
    write();
  }

  synchronized void remove(String name) {
    if (parts.remove(name) != null) {
      write();
    }
  }

  private void write() {
    Path half = file.resolveSibling(file.getFileName() + ".half");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      Json.mapper()
          .writerWithDefaultPrettyPrinter()
          .writeValue(half.toFile(), new Content(topology, List.copyOf(parts.values())));
      Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new LocalStartException("the state file " + file + " can't be written: " + e, e);
    }
  }
}
