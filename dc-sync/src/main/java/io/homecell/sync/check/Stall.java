package io.homecell.sync.check;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Why a server that answers commits nothing, as far as it lets the replication user see.
 *
 * @param states what the server says that the user's own sessions do
 * @param diskFull what the error log says about it, or the server itself when it was asked
 * @param blocker who holds what they wait for
 */
record Stall(Set<String> states, Optional<String> diskFull, Optional<Blocker> blocker) {
  private static final String NO_SPACE = "waiting for disk space";

  /** MySQL 8.0 stays in it while it waits for space to write its log. */
  private static final String COMMITTING = "waiting for handler commit";

  /**
   * A session that is in the way.
   *
   * @param id for {@code KILL}
   * @param openSeconds for how long its transaction has been open
   * @param proven whether it is known to hold what is waited for; else it has the oldest open
   *     transaction with locks
   */
  record Blocker(long id, String user, String host, long openSeconds, boolean proven) {}

  Stall {
    states = Set.copyOf(states);
  }

  /** What is in the way, and what to do about it. */
  String text(String cell) {
    boolean noSpace =
        diskFull.isPresent()
            || states.stream().anyMatch(s -> s.toLowerCase(Locale.ROOT).contains(NO_SPACE));
    if (noSpace) {
      return "its disk is full"
          + diskFull.map(line -> " (" + line + ")").orElse("")
          + ": free space where the data and the binlog of "
          + cell
          + " are; it goes on by itself, up to a minute later";
    }
    if (states.contains(COMMITTING)) {
      return "its commits hang in the server, which is what a full disk does: free space where the"
          + " data and the binlog of "
          + cell
          + " are (it goes on by itself, up to a minute later), else look at its error log and the"
          + " disk's speed";
    }
    String doing =
        states.isEmpty()
            ? ""
            : "its sessions are in '"
                + states.stream().sorted().collect(Collectors.joining("', '"))
                + "'; ";
    return doing
        + blocker
            .map(Stall::text)
            .orElse(
                "look at its free disk space and error log, and by SELECT * FROM"
                    + " sys.innodb_lock_waits for who locks rows there");
  }

  private static String text(Blocker blocker) {
    return (blocker.proven()
            ? "session %d (%s@%s, open for %d s) holds what they wait for: let it end, or KILL %d"
            : "session %d (%s@%s) has the oldest open transaction with locks, for %d s: if it is in"
                + " the way (sys.innodb_lock_waits), let it end, or KILL %d")
        .formatted(
            blocker.id(), blocker.user(), blocker.host(), blocker.openSeconds(), blocker.id());
  }
}
