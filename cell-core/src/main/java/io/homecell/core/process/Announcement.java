package io.homecell.core.process;

import io.homecell.core.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * What a process says when it is ready: a file {@code ready.json} in its data folder, which whoever
 * started it waits for. Written whole or not at all; whoever starts a process deletes the file of
 * the run before.
 *
 * @param role such as {@code router}
 * @param cell the cell it serves; empty for a process of a whole datacenter
 * @param port the service port; 0 if it has none
 * @param adminPort where /metrics and /health are
 */
public record Announcement(
    String role,
    String datacenter,
    Optional<String> cell,
    String instance,
    long pid,
    String host,
    int port,
    int adminPort) {
  /** The file's name. */
  public static final String FILE = "ready.json";

  /** The announcement of this process. */
  public static Announcement of(ProcessSettings settings, String role, int port, int adminPort) {
    return new Announcement(
        role,
        settings.datacenter(),
        settings.cell(),
        settings.instance(),
        ProcessHandle.current().pid(),
        settings.host(),
        port,
        adminPort);
  }

  /**
   * Writes the file into a folder, which is made if it is absent.
   *
   * @throws UncheckedIOException if it can't be written
   */
  public void write(Path folder) {
    Path temporary = folder.resolve(FILE + ".tmp");
    try {
      Files.createDirectories(folder);
      Files.writeString(temporary, Json.write(this) + "\n", StandardCharsets.UTF_8);
      Files.move(
          temporary,
          folder.resolve(FILE),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(folder.resolve(FILE) + " can't be written", e);
    }
  }

  /**
   * What the process of this folder has announced; empty as long as it has not.
   *
   * @throws UncheckedIOException if the file is there and can't be read
   */
  public static Optional<Announcement> read(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      return Optional.of(
          Json.read(Files.readString(file, StandardCharsets.UTF_8), Announcement.class));
    } catch (NoSuchFileException notYet) {
      return Optional.empty();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " can't be read", e);
    }
  }
}
