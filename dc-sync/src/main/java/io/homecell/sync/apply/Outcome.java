package io.homecell.sync.apply;

/**
 * What became of a transaction at the target.
 *
 * @param rows changed
 * @param conflicts rows that were not as the source had them; the source's image won
 */
public record Outcome(Kind kind, int rows, int conflicts) {
  /** Applied, or why not. */
  public enum Kind {
    APPLIED,
    SKIPPED,
    STRANDED
  }
}
