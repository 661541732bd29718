package io.homecell.router.retry;

import io.homecell.router.decide.Refusal;
import java.time.Duration;

/**
 * Whether a request may be sent again, and what is answered if not. Pure.
 *
 * <p>What it upholds: an unsafe request is sent again only if the attempt before is known to have
 * had no effect (nothing was sent, or the cell said so); nothing is sent again after the deadline,
 * nor without its whole body; the number of attempts is bounded.
 *
 * @param deadline for all attempts and the waits between them, from the request's arrival
 * @param misdirectedMax how often a 421 is followed
 */
public record RetryPolicy(Duration deadline, int misdirectedMax) {
  private static final int OTHERS_MAX = 1;
  private static final Duration FIRST_WAIT = Duration.ofMillis(5);
  private static final Duration SHORT_WAIT = Duration.ofMillis(100);
  private static final Duration LONGEST_WAIT = Duration.ofMillis(500);

  /**
   * What has happened to a request so far.
   *
   * @param bodyComplete whether the router still has the whole body that came, or can get it
   * @param age since the request arrived
   */
  public record History(
      boolean unsafe,
      boolean bodyComplete,
      int misdirected,
      int notExecuted,
      int notConnected,
      int broken,
      Duration age) {

    /** Of a request that was never sent. */
    public static History fresh(boolean unsafe) {
      return new History(unsafe, true, 0, 0, 0, 0, Duration.ZERO);
    }

    /** With one more attempt. */
    public History with(Outcome outcome, boolean bodyIsComplete, Duration ageNow) {
      return new History(
          unsafe,
          bodyIsComplete,
          misdirected + (outcome == Outcome.MISDIRECTED ? 1 : 0),
          notExecuted + (outcome == Outcome.NOT_EXECUTED ? 1 : 0),
          notConnected + (outcome == Outcome.NOT_CONNECTED ? 1 : 0),
          broken + (outcome == Outcome.BROKEN ? 1 : 0),
          ageNow);
    }
  }

  /** What to do. */
  public sealed interface Verdict {
    /**
     * Send it again, by the table of then.
     *
     * @param otherwise what is answered if too many are sent again already
     */
    record Retry(Duration after, Refusal otherwise) implements Verdict {}

    /** Answer this. */
    record GiveUp(Refusal refusal) implements Verdict {}
  }

  /**
   * The verdict after an attempt.
   *
   * @param history with that attempt
   */
  public Verdict after(Outcome outcome, History history) {
    return switch (outcome) {
      case MISDIRECTED ->
          retry(
              history.misdirected <= misdirectedMax,
              backoff(history.misdirected),
              history,
              Refusal.unavailable(
                  "owner-not-found",
                  "the slot's owner was not found in time; nothing was changed"));
      case NOT_EXECUTED ->
          retry(
              history.notExecuted <= OTHERS_MAX,
              SHORT_WAIT,
              history,
              Refusal.unavailable("cell-unavailable", "the cell does not execute requests now"));
      // Another try would add to what is too much already.
      case OVERLOADED ->
          new Verdict.GiveUp(Refusal.overloaded("the cell has as many requests as it bears"));
      case NOT_CONNECTED ->
          retry(
              history.notConnected <= OTHERS_MAX,
              SHORT_WAIT,
              history,
              Refusal.unavailable("cell-unavailable", "the cell can't be reached"));
      case BROKEN ->
          retry(
              !history.unsafe && history.broken <= OTHERS_MAX,
              FIRST_WAIT,
              history,
              Refusal.of(
                  502,
                  "upstream-broken",
                  "the connection broke before the answer; the outcome is not known"));
      case TIMED_OUT ->
          new Verdict.GiveUp(
              Refusal.of(
                  504,
                  "upstream-timeout",
                  "the cell did not answer in time; the outcome is not known"));
    };
  }

  /** The table may be at the epoch named already, and the cell behind: so waits grow. */
  private static Duration backoff(int misdirected) {
    Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(misdirected, 10));
    return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
  }

  private Verdict retry(boolean allowed, Duration after, History history, Refusal otherwise) {
    if (!allowed || history.age.plus(after).compareTo(deadline) >= 0) {
      return new Verdict.GiveUp(otherwise);
    }
    if (!history.bodyComplete) {
      return new Verdict.GiveUp(
          otherwise.status() == 503
              ? Refusal.unavailable(
                  "body-not-kept",
                  "nothing was changed; the body is too large for the router to send it again")
              : otherwise);
    }
    return new Verdict.Retry(after, otherwise);
  }
}
