package io.homecell.core.near;

import java.time.Duration;

/** Whether a copy answers a read. */
public sealed interface NearVerdict {
  /**
   * It does.
   *
   * @param age the answer has everything that the owner had committed so long ago
   */
  record Answers(Duration age) implements NearVerdict {}

  /** It does not: the owner has to be asked. */
  record Refuses(Reason reason) implements NearVerdict {}

  /** Why not. */
  enum Reason {
    /** It is further behind than the read allows. */
    BEHIND("behind"),
    /** It lacks the write that the reader names, or can't read its name. */
    LACKS_WRITE("lacks-write"),
    /** It can't be told how old it is, or whose copy. */
    UNKNOWN("unknown");

    private final String word;

    Reason(String word) {
      this.word = word;
    }

    /** For headers and metrics. */
    public String word() {
      return word;
    }
  }
}
