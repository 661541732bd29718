package io.homecell.sync.verify;

import java.sql.SQLException;

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

  /** Something that is read of a server. */
  @FunctionalInterface
  interface Reading<T> {
    T read() throws SQLException;
  }

  /** Reads, then rests. */
  <T> T paced(Reading<T> reading) throws SQLException, InterruptedException {
    long from = System.nanoTime();
    T result = reading.read();
    Thread.sleep(rest * (System.nanoTime() - from) / 1_000_000);
    return result;
  }
}
