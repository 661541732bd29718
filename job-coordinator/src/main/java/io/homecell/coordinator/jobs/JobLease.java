package io.homecell.coordinator.jobs;

import java.time.Duration;

/**
 * For how long this process may run a job, by its own monotonic clock.
 *
 * <p>Invariant upheld: it ends, at the latest, {@link #length} after the moment at which the last
 * proof was <em>asked for</em>. It is shorter than the coordination session, so it is over before
 * the session's ephemeral nodes vanish, and whoever waits it out, or sees them vanish, knows that
 * nothing runs here any more. Bound to one session and one epoch. Safe for any number of threads.
 */
final class JobLease {
  private static final long NEVER = Long.MIN_VALUE;

  private final Duration length;
  private long untilNanos = NEVER;
  private boolean held;
  private long session;
  private long epoch;
  private boolean accepting;

  JobLease(Duration length) {
    this.length = length;
  }

  /** Two thirds of the session: over before the session can be. */
  static Duration lengthFor(Duration sessionTimeout) {
    return sessionTimeout.multipliedBy(2).dividedBy(3);
  }

  Duration length() {
    return length;
  }

  /** A proof that was asked for at this moment has come. */
  synchronized void extend(long askedNanos, long ofSession, long ofEpoch) {
    if (session != ofSession || epoch != ofEpoch) {
      // What runs under the old session or epoch must end first: see isHeldFor.
      session = ofSession;
      epoch = ofEpoch;
    }
    untilNanos = askedNanos + length.toNanos();
    held = true;
    accepting = true;
  }

  /** No further run may begin; one that is under way may go on until the lease is over. */
  synchronized void stopAccepting() {
    accepting = false;
  }

  /** Whether a run may begin now. */
  synchronized boolean isAccepting() {
    return accepting && isRunning();
  }

  /** Whether a run that began under this session and epoch may go on. */
  synchronized boolean isHeldFor(long ofSession, long ofEpoch) {
    return isRunning() && session == ofSession && epoch == ofEpoch;
  }

  synchronized long session() {
    return session;
  }

  synchronized long epoch() {
    return epoch;
  }

  private boolean isRunning() {
    return held && System.nanoTime() - untilNanos < 0;
  }
}
