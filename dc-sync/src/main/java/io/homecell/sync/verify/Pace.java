package io.homecell.sync.verify;

/**
 * How much a verification takes of the servers that it reads: it rests after each reading.
 *
 * @param rest as many times as the reading took
 */
record Pace(int rest) {
  /** A person waits for it: half of a connection's work. */
  static final Pace ASKED_FOR = new Pace(1);

  /** Nobody waits for it: a tenth. */
  static final Pace UNASKED = new Pace(9);
}
