package io.homecell.tests.fault;

import io.homecell.local.PartRole;
import java.time.Duration;

/** Something that is done to a running deployment, for a while. */
sealed interface Fault {
  /** How long it lasts before it is mended. */
  Duration lasts();

  /** SIGKILL; started again afterwards. */
  record Kill(PartRole role, String where, Duration lasts) implements Fault {}

  /** SIGSTOP; SIGCONT afterwards. */
  record Pause(PartRole role, String where, Duration lasts) implements Fault {}

  /** What one site sends to another is lost, and the other way too if {@code both}. */
  record Cut(String from, String to, boolean both, Duration lasts) implements Fault {
    @Override
    public String toString() {
      return "Cut[" + from + (both ? " <-> " : " -> ") + to + ", " + lasts + "]";
    }
  }

  /** A process's time of day is set by so much; set right again afterwards. */
  record ClockStep(PartRole role, String where, Duration by, Duration lasts) implements Fault {}

  /** What a site sends goes slowly. */
  record Slow(String site, int kilobitsPerSecond, Duration lasts) implements Fault {}
}
