package io.homecell.coordinator.steps;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Tells a step that waits to give up: an operator wants the operation aborted, or this coordinator
 * no longer leads. Safe for any number of threads.
 */
public final class Stop {
  /** Thrown out of a step that was told to stop. */
  public static final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    StoppedException() {
      super("stopped");
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private boolean stopped;

  /** Ends every wait, now and later. */
  public void stop() {
    lock.lock();
    try {
      stopped = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  public boolean isStopped() {
    lock.lock();
    try {
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits.
   *
   * @throws StoppedException as soon as the step is to give up
   */
  public void pause(Duration time) {
    lock.lock();
    try {
      long left = time.toNanos();
      while (left > 0 && !stopped) {
        left = changed.awaitNanos(left);
      }
      if (stopped) {
        throw new StoppedException();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoppedException();
    } finally {
      lock.unlock();
    }
  }

  /** What is left of a time limit that began earlier, never negative. */
  static Duration left(long beganNanos, Duration limit) {
    long left = limit.toNanos() - (System.nanoTime() - beganNanos);
    return Duration.of(Math.max(0, left), TimeUnit.NANOSECONDS.toChronoUnit());
  }
}
