package io.homecell.tests.fault;

import io.homecell.local.Part;
import io.homecell.local.Placement;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Gives each part a wall clock of its own, which can be stepped while it runs: with libfaketime
 * between the part and the C library. Only the time of day is changed; the monotonic clock, and
 * with it every wait, stays as it is, as when a machine's clock is set.
 */
final class SteppedClocks implements Placement {
  private static final List<Path> FOLDERS = List.of(Path.of("/usr/lib"), Path.of("/usr/lib64"));
  private static final String LIBRARY = "faketime/libfaketime.so.1";

  private final Placement within;
  private final Path library;
  private final Path folder;

  private SteppedClocks(Placement within, Path library, Path folder) {
    this.within = within;
    this.library = library;
    this.folder = folder;
  }

  /**
   * Empty where the library is not installed.
   *
   * @param within where the parts run otherwise
   * @param folder for what each clock is off by
   */
  static Optional<SteppedClocks> in(Placement within, Path folder) {
    return library().map(library -> new SteppedClocks(within, library, folder));
  }

  private static Optional<Path> library() {
    for (Path parent : FOLDERS) {
      Optional<Path> found = under(parent);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  /** In the folder itself, or in that of an architecture. */
  private static Optional<Path> under(Path parent) {
    if (Files.exists(parent.resolve(LIBRARY))) {
      return Optional.of(parent.resolve(LIBRARY));
    }
    try (DirectoryStream<Path> architectures = Files.newDirectoryStream(parent, "*-linux-*")) {
      for (Path architecture : architectures) {
        if (Files.exists(architecture.resolve(LIBRARY))) {
          return Optional.of(architecture.resolve(LIBRARY));
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public List<String> commandPrefix(Part part) {
    if (!Files.exists(file(part.name()))) {
      set(part.name(), Duration.ZERO);
    }
    List<String> prefix = new ArrayList<>(within.commandPrefix(part));
    prefix.addAll(
        List.of(
            "env",
            "LD_PRELOAD=" + library,
            "FAKETIME_TIMESTAMP_FILE=" + file(part.name()),
            // read once a second, not at each look at the clock
            "FAKETIME_CACHE_DURATION=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            // else timed waits, which are by the monotonic clock, end at once
            "FAKETIME_FORCE_MONOTONIC_FIX=0"));
    return prefix;
  }

  @Override
  public Optional<String> administeredFrom() {
    return within.administeredFrom();
  }

  /** Sets what a part's clock is off by; the part sees it within a second or so. */
  void set(String part, Duration offBy) {
    try {
      Files.createDirectories(folder);
      // moved into place, so that nobody reads half of it
      Path written = Files.writeString(folder.resolve(part + ".new"), text(offBy));
      Files.move(written, file(part), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String text(Duration offBy) {
    return (offBy.isNegative() ? "" : "+") + offBy.toSeconds() + "\n";
  }

  private Path file(String part) {
    return folder.resolve(part + ".clock");
  }
}
