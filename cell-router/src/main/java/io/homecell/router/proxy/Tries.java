package io.homecell.router.proxy;

import io.homecell.router.decide.Told;
import io.homecell.router.retry.Outcome;
import io.homecell.router.retry.RetryPolicy;
import java.time.Duration;
import java.util.Optional;

/** What a request's failed sendings have taught, and what follows. Belongs to one event loop. */
final class Tries {
  private final EdgeLoop loop;
  private RetryPolicy.History history;
  private Optional<Told> told = Optional.empty();

  /**
   * @param unsafe whether the request may change something
   */
  Tries(EdgeLoop loop, boolean unsafe) {
    this.loop = loop;
    this.history = RetryPolicy.History.fresh(unsafe);
  }

  /** The newest that a refusal has said of a slot, if one has. */
  Optional<Told> told() {
    return told;
  }

  /**
   * One has failed.
   *
   * @param newlyTold what the answer says of a slot, if it does
   * @param canBeSent whether the body is still there
   * @param age of the request
   */
  RetryPolicy.Verdict failed(
      Outcome outcome, Optional<Told> newlyTold, boolean canBeSent, Duration age) {
    newlyTold.ifPresent(this::hear);
    history = history.with(outcome, canBeSent, age);
    RetryPolicy.Verdict verdict = loop.retryPolicy().after(outcome, history);
    if (!(verdict instanceof RetryPolicy.Verdict.Retry retry)) {
      return verdict;
    }
    if (outcome.isFailure() && !loop.retryBudget().tryTake(System.nanoTime())) {
      loop.metrics().notRetried(outcome);
      return new RetryPolicy.Verdict.GiveUp(retry.otherwise());
    }
    loop.metrics().retried(outcome);
    return retry;
  }

  /** Of two sayings about one slot the newer counts; of two slots the one said last. */
  void hear(Told newly) {
    told = Optional.of(newly.orNewer(told));
  }
}
