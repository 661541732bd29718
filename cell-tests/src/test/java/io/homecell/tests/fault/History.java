package io.homecell.tests.fault;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was done to a deployment and when: what a failed run is understood by. Kept in a file, line
 * by line. Thread-safe.
 */
final class History {
  private static final Logger log = LoggerFactory.getLogger(History.class);

  private final long begunNanos = System.nanoTime();
  private final Path file;

  History(Path file) {
    this.file = file;
  }

  synchronized void add(String what) {
    double seconds = Duration.ofNanos(System.nanoTime() - begunNanos).toMillis() / 1e3;
    String line = "%8.3f s  %s".formatted(seconds, what);
    log.info(line);
    try {
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names the file. */
  @Override
  public String toString() {
    return "history: " + file;
  }
}
