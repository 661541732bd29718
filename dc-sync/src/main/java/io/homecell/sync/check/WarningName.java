package io.homecell.sync.check;

/** What a pipeline may be warned of; the warning's text begins with it. */
public enum WarningName {
  /** The target answers and commits nothing of what waits for it. */
  TARGET_STALLED,
  /** The source will soon purge what the target lacks. */
  RETENTION,
  /** Clocks that leases and lag rest on are apart. */
  CLOCK,
  /** A table without a key: each change of a row reads all of it. */
  NO_KEY,
  /** A table that is not the same at both. */
  SCHEMA_DIFFERS,
  /** Both servers may give the same number to different rows. */
  AUTO_INCREMENT,
  /** The replication user lacks a right. */
  PRIVILEGES;

  /** Whether a warning is one of these. */
  public boolean names(String warning) {
    return warning.startsWith(this + ":");
  }
}
