package io.homecell.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;

/** Whether a process runs. One that has ended and was not yet collected by its parent does not. */
final class Liveness {
  private static final long POLL_MILLIS = 20;

  private Liveness() {}

  static boolean isAlive(ProcessHandle handle) {
    return handle.isAlive() && !isZombie(handle.pid());
  }

  /** Waits until a process has ended; says whether it has. */
  static boolean awaitEnd(ProcessHandle handle, Duration within) {
    Instant deadline = Instant.now().plus(within);
    try {
      while (isAlive(handle)) {
        if (Instant.now().isAfter(deadline)) {
          return false;
        }
        Thread.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return !isAlive(handle);
    }
    return true;
  }

  /**
   * The first thread of a killed process is a zombie before the others, and its ports, are gone.
   */
  private static long threads(long pid) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      return threads.count();
    }
  }

  private static boolean isZombie(long pid) {
    try {
      // "pid (command) state …"; the command may hold anything, a parenthesis too.
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      int end = stat.lastIndexOf(") ");
      return end >= 0 && stat.startsWith("Z", end + 2) && threads(pid) <= 1;
    } catch (IOException notLinuxOrGone) {
      return false;
    }
  }
}
