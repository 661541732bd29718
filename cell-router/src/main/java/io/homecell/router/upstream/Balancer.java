package io.homecell.router.upstream;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;

/**
 * Picks an instance: of two drawn at random the one with fewer requests under way (Mitzenmacher's
 * power of two choices), leaving out those that failed lately.
 *
 * <p>An instance rests when it cannot be connected to, when several of its answers in a row are
 * failures, or when it fails or lags far more than the others; for a while that doubles each time,
 * up to a bound. A new one, or one that comes back, gets its share little by little. Never more
 * than half of the candidates are left out, and if all would be, none is: then it is the cell that
 * is ill, and the choice is made as if none had failed. Belongs to one thread.
 */
public final class Balancer {
  private static final int WINDOW_TICKS = 5;
  private static final long UNUSED_NANOS = Duration.ofMinutes(1).toNanos();

  /** Why an instance rests. */
  public enum Cause {
    UNREACHABLE,
    FAILURES,
    SLOWNESS
  }

  /** Told of each instance that goes to rest. */
  @FunctionalInterface
  public interface Listener {
    void rests(Upstream upstream, Cause cause);
  }

  private final RandomGenerator random;
  private final UpstreamHealth health;
  private final Liveness liveness;
  private final Listener listener;
  private final Map<Upstream, Standing> standings = new HashMap<>();
  private boolean anyRests;
  private int ticks;

  public Balancer(
      RandomGenerator random, UpstreamHealth health, Liveness liveness, Listener listener) {
    this.random = random;
    this.health = health;
    this.liveness = liveness;
    this.listener = listener;
  }

  /**
   * @param tried the one that a request has just failed at: another one, if there is any
   * @param load requests under way at an instance
   */
  public Optional<Upstream> pick(
      List<Upstream> candidates,
      Optional<Upstream> tried,
      ToIntFunction<Upstream> load,
      long nowNanos) {
    if (candidates.size() == 1) {
      return Optional.of(candidates.get(0));
    }
    boolean plain = !anyRests && liveness.allUp() && tried.isEmpty();
    List<Upstream> usable = plain ? candidates : usable(candidates, tried, nowNanos);
    if (usable.size() <= 1) {
      return usable.stream().findFirst();
    }
    int first = random.nextInt(usable.size());
    int second = random.nextInt(usable.size() - 1);
    Upstream one = usable.get(first);
    Upstream other = usable.get(second < first ? second : second + 1);
    return Optional.of(better(one, other, candidates, load, nowNanos));
  }

  private Upstream better(
      Upstream one,
      Upstream other,
      List<Upstream> candidates,
      ToIntFunction<Upstream> load,
      long nowNanos) {
    boolean oneBears = bears(one, candidates, nowNanos);
    boolean otherBears = bears(other, candidates, nowNanos);
    if (oneBears != otherBears) {
      return oneBears ? one : other;
    }
    return load.applyAsInt(other) < load.applyAsInt(one) ? other : one;
  }

  /** Whether this request is in the share of one that warms up. */
  private boolean bears(Upstream upstream, List<Upstream> candidates, long nowNanos) {
    Standing standing = standing(upstream, nowNanos);
    standing.offered(candidates, nowNanos);
    double share = standing.share(nowNanos);
    return share >= 1 || random.nextDouble() < share;
  }

  private Standing standing(Upstream upstream, long nowNanos) {
    Standing standing = standings.get(upstream);
    if (standing == null) {
      standing = new Standing(health, nowNanos);
      standings.put(upstream, standing);
    }
    return standing;
  }

  private List<Upstream> usable(
      List<Upstream> candidates, Optional<Upstream> tried, long nowNanos) {
    List<Upstream> out = new ArrayList<>();
    for (Upstream candidate : candidates) {
      if (isOut(candidate, nowNanos)) {
        out.add(candidate);
      }
    }
    List<Upstream> usable = new ArrayList<>(candidates);
    if (out.size() < candidates.size()) {
      // The worst first: those that are down, then those that have still to rest the longest.
      out.sort(Comparator.comparingLong((Upstream one) -> rank(one, nowNanos)).reversed());
      out.stream().limit(candidates.size() / 2).forEach(usable::remove);
    }
    if (usable.size() > 1 && tried.isPresent()) {
      usable.remove(tried.get());
    }
    return usable;
  }

  private boolean isOut(Upstream candidate, long nowNanos) {
    Standing standing = standing(candidate, nowNanos);
    if (liveness.isDown(candidate)) {
      standing.down(nowNanos);
      return true;
    }
    return standing.isResting(nowNanos);
  }

  private long rank(Upstream candidate, long nowNanos) {
    return liveness.isDown(candidate)
        ? Long.MAX_VALUE
        : standing(candidate, nowNanos).restUntilNanos();
  }

  /** An instance could not be connected to. */
  public void failed(Upstream upstream, long nowNanos) {
    rest(upstream, Cause.UNREACHABLE, nowNanos);
  }

  /** Whether any may rest now: only then {@link #succeeded} has something to tell. */
  public boolean anyRests() {
    return anyRests;
  }

  /** An instance was connected to. */
  public void succeeded(Upstream upstream, long nowNanos) {
    Standing standing = standing(upstream, nowNanos);
    if (standing.isUnreachable()) {
      standing.reached(nowNanos);
    }
  }

  /**
   * An attempt is over.
   *
   * @param failure whether the answer is a failure of the instance, or none came
   */
  public void answered(Upstream upstream, boolean failure, long tookNanos, long nowNanos) {
    if (standing(upstream, nowNanos).answered(failure, tookNanos, nowNanos)) {
      rest(upstream, Cause.FAILURES, nowNanos);
    }
  }

  private void rest(Upstream upstream, Cause cause, long nowNanos) {
    standing(upstream, nowNanos).rest(cause == Cause.UNREACHABLE, nowNanos);
    anyRests = true;
    listener.rests(upstream, cause);
  }

  /** Called once a second: compares instances, and forgets what is gone. */
  public void tick(long nowNanos) {
    ticks++;
    if (ticks % WINDOW_TICKS == 0) {
      standings.forEach((upstream, standing) -> compare(upstream, standing, nowNanos));
      standings.values().forEach(Standing::nextWindow);
    }
    standings.values().forEach(standing -> standing.forgive(nowNanos));
    standings.values().removeIf(standing -> standing.isUnusedFor(UNUSED_NANOS, nowNanos));
    anyRests = standings.values().stream().anyMatch(standing -> standing.isResting(nowNanos));
  }

  private void compare(Upstream upstream, Standing standing, long nowNanos) {
    Figures others = Figures.NONE;
    for (Upstream peer : standing.peers()) {
      if (!peer.equals(upstream)) {
        others = others.plus(windowOf(peer));
      }
    }
    switch (standing.window().among(others)) {
      case FAILS -> rest(upstream, Cause.FAILURES, nowNanos);
      case SLOW -> rest(upstream, Cause.SLOWNESS, nowNanos);
      case AS_OTHERS -> {}
    }
  }

  private Figures windowOf(Upstream upstream) {
    Standing standing = standings.get(upstream);
    return standing == null ? Figures.NONE : standing.window();
  }
}
