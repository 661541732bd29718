package io.homecell.sync.verify;

import java.util.List;
import java.util.Optional;

/**
 * What a repair has done.
 *
 * @param from the cell whose rows were right
 * @param to the cell that was mended
 * @param mended how many rows
 * @param left rows that differed and were left as they are
 * @param rows each of them, {@value #LISTED_MAX} at most
 * @param verified the verification behind it; empty after a dry run
 */
public record RepairResult(
    String from,
    String to,
    boolean dryRun,
    long mended,
    long left,
    List<RepairedRow> rows,
    Optional<VerifyResult> verified) {
  static final int LISTED_MAX = 1_000;

  public RepairResult {
    rows = List.copyOf(rows);
  }
}
