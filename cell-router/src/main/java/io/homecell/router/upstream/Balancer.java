package io.homecell.router.upstream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;

/**
 * Picks an instance: of two drawn at random the one with fewer requests under way, leaving out
 * those that could not be connected to lately.
 *
 * <p>An instance is left out for a while that doubles with each failure, up to a bound, and never
 * if all would be: then the choice is made as if none had failed. Belongs to one thread.
 */
public final class Balancer {
  private static final Duration FIRST_REST = Duration.ofMillis(250);
  private static final int DOUBLINGS_MAX = 5;

  private record Failed(int times, long restUntilNanos) {}

  private final Map<Upstream, Failed> failed = new HashMap<>();
  private final RandomGenerator random;

  public Balancer(RandomGenerator random) {
    this.random = random;
  }

  /**
   * @param load requests under way at an instance
   */
  public Optional<Upstream> pick(
      List<Upstream> candidates, ToIntFunction<Upstream> load, long nowNanos) {
    if (candidates.size() == 1) {
      return Optional.of(candidates.get(0));
    }
    List<Upstream> rested = failed.isEmpty() ? candidates : rested(candidates, nowNanos);
    if (rested.isEmpty()) {
      return Optional.empty();
    }
    Upstream one = rested.get(random.nextInt(rested.size()));
    Upstream other = rested.get(random.nextInt(rested.size()));
    return Optional.of(load.applyAsInt(other) < load.applyAsInt(one) ? other : one);
  }

  private List<Upstream> rested(List<Upstream> candidates, long nowNanos) {
    List<Upstream> rested = new ArrayList<>(candidates);
    rested.removeIf(
        candidate -> {
          Failed failure = failed.get(candidate);
          return failure != null && failure.restUntilNanos - nowNanos > 0;
        });
    return rested.isEmpty() ? candidates : rested;
  }

  /** An instance could not be connected to. */
  public void failed(Upstream upstream, long nowNanos) {
    Failed before = failed.get(upstream);
    int times = before == null ? 1 : before.times + 1;
    long rest = FIRST_REST.toNanos() << Math.min(times - 1, DOUBLINGS_MAX);
    failed.put(upstream, new Failed(times, nowNanos + rest));
  }

  /** An instance was connected to. */
  public void succeeded(Upstream upstream) {
    if (!failed.isEmpty()) {
      failed.remove(upstream);
    }
  }

  /** Forgets instances that have rested long ago: they may be gone for good. */
  public void forgetOld(long nowNanos) {
    long old = FIRST_REST.toNanos() << (DOUBLINGS_MAX + 2);
    failed.values().removeIf(failure -> nowNanos - failure.restUntilNanos > old);
  }
}
