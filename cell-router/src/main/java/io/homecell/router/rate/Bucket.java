package io.homecell.router.rate;

import io.homecell.core.topology.Topology.Rate;

/**
 * A token bucket as one number: the time at which it would be full again (GCRA, the virtual
 * scheduling algorithm of ATM). A bucket that is full by now is as good as none, so it can be
 * forgotten. Pure; times in any unit and from any origin, as long as they are the same for all.
 *
 * @param interval between two requests at the rate
 * @param room how far ahead of now the time may be: the bucket's size less one request
 */
record Bucket(long interval, long room) {

  /**
   * @param unitNanos of the times
   */
  static Bucket of(Rate rate, long unitNanos) {
    long per = rate.per().toNanos() / unitNanos;
    long interval = Math.max(1, per / rate.requests());
    return new Bucket(interval, interval * (rate.requests() - 1));
  }

  /** How long the next request has to wait; 0 if it may go. */
  long waitOf(long fullAt, long now) {
    return Math.max(0, fullAt - now - room);
  }

  /** When it is full again after one more request. */
  long after(long fullAt, long now) {
    return Math.max(fullAt, now) + interval;
  }
}
