package io.homecell.core.testing;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Waits for what another thread or process does, with a deadline. */
public final class Eventually {
  private static final Duration WITHIN = Duration.ofSeconds(20);

  private Eventually() {}

  /** Returns when an assertion holds; throws its last error if it does not within 20 s. */
  public static void holds(ThrowingCallable assertion) {
    long deadline = System.nanoTime() + WITHIN.toNanos();
    while (true) {
      try {
        assertion.call();
        return;
      } catch (Throwable e) {
        if (System.nanoTime() - deadline >= 0) {
          throw new AssertionError("not within " + WITHIN.toSeconds() + " s: " + e.getMessage(), e);
        }
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  /** Whether something stays true for a while. */
  public static boolean stays(Duration duration, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + duration.toNanos();
    while (System.nanoTime() - end < 0) {
      if (!condition.call()) {
        return false;
      }
      LockSupport.parkNanos(10_000_000);
    }
    return true;
  }
}
