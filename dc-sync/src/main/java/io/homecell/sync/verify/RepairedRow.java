package io.homecell.sync.verify;

import java.util.Map;

/**
 * What became of one row that differs.
 *
 * @param key its primary key; bytes in hexadecimal digits
 * @param detail why it was left as it is; empty if there is nothing to say
 */
public record RepairedRow(
    String schema, String table, Map<String, String> key, Outcome outcome, String detail) {

  /** What was done to it, or would be. */
  public enum Outcome {
    /** It would be made as the other cell has it (a dry run). */
    WOULD_BE_MENDED,
    /** It was made as the other cell has it. */
    MENDED,
    /** It was equal by then. */
    EQUAL,
    /** It is left: the other cell has no such row, and deleting was not asked for. */
    NOT_DELETED,
    /** It is left: another cell owns its slot. */
    NOT_THE_OWNER,
    /** It is left: the cells did not reach the same transactions in time, or the row was locked. */
    UNDECIDED,
    /** It is left: the server refuses it. */
    REFUSED
  }
}
