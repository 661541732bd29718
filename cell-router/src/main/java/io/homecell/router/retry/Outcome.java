package io.homecell.router.retry;

/** How one attempt at an upstream ended without an answer that the client may see. */
public enum Outcome {
  /** 421: the request belongs elsewhere; it had no effect. */
  MISDIRECTED("misdirected"),
  /** 503 with {@code Cell-Not-Executed}: it had no effect. */
  NOT_EXECUTED("not_executed"),
  /** 503 as well, from a router that says that the cell has too many requests: no effect. */
  OVERLOADED("overloaded"),
  /** No connection: no byte was sent. */
  NOT_CONNECTED("not_connected"),
  /** The connection broke before the answer: it may have had its effect. */
  BROKEN("broken"),
  /** No answer in time: it may have had its effect. */
  TIMED_OUT("timed_out");

  private final String word;

  Outcome(String word) {
    this.word = word;
  }

  /** Whether sending it again is on account of a failure, and so counts in the budget. */
  public boolean isFailure() {
    return this != MISDIRECTED;
  }

  /** For metrics and messages. */
  public String word() {
    return word;
  }
}
