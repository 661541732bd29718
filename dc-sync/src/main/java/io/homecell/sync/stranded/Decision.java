package io.homecell.sync.stranded;

/**
 * What a person has decided on a stranded transaction, kept with it for good.
 *
 * @param by who
 * @param reason why; empty only for a replay that is not forced
 * @param force whether a replay writes over rows that are not as the transaction had found them
 */
public record Decision(String gtid, String by, String reason, boolean force) {
  public Decision {
    if (gtid.isBlank() || by.isBlank()) {
      throw new IllegalArgumentException(
          "decision: gtid '" + gtid + "' by '" + by + "' (expected: both)");
    }
    if (force && reason.isBlank()) {
      throw new IllegalArgumentException("reason: none (expected: why the replay is forced)");
    }
  }
}
