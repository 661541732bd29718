package io.homecell.cellctl.local;

import io.homecell.cellctl.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The folder of a local deployment. */
final class Home {
  private static final long FREE_BYTES_MIN = 1_500_000_000;
  private static final List<String> OURS =
      List.of("data", "lib", "logs", "secrets.properties", "state.json");

  private Home() {}

  /** Deletes what a deployment has left, and nothing else that may be in the folder. */
  static void clear(Path home) {
    for (String name : OURS) {
      try {
        delete(home.resolve(name));
      } catch (IOException e) {
        throw CommandFailure.failed(home.resolve(name) + " can't be deleted: " + e);
      }
    }
  }

  private static void delete(Path path) throws IOException {
    if (!Files.exists(path)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> files = Files.walk(path)) {
      all = files.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : all) {
      Files.delete(file);
    }
  }

  /** Says if the disk is too full for a deployment. */
  static Optional<String> tooFull(Path home) {
    try {
      Files.createDirectories(home);
      long free = Files.getFileStore(home).getUsableSpace();
      return free >= FREE_BYTES_MIN
          ? Optional.empty()
          : Optional.of(
              "the disk of "
                  + home
                  + " has "
                  + free / 1_000_000
                  + " MB free (expected: at least "
                  + FREE_BYTES_MIN / 1_000_000
                  + " MB; --data DIR or HOMECELL_HOME_DATA names another folder)");
    } catch (IOException e) {
      return Optional.of(
          "the folder "
              + home
              + " can't be written: "
              + e
              + " (--data DIR or HOMECELL_HOME_DATA names another)");
    }
  }
}
