package io.homecell.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;

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

  private static boolean isZombie(long pid) {
    try {
      // "pid (command) state …"; the command may hold anything, a parenthesis too.
      String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
      int end = stat.lastIndexOf(") ");
      return end >= 0 && stat.startsWith("Z", end + 2);
    } catch (IOException notLinuxOrGone) {
      return false;
    }
  }
}
