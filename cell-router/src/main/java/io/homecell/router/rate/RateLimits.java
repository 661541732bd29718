package io.homecell.router.rate;

import io.homecell.core.topology.Topology.EdgeRoute;
import io.homecell.core.topology.Topology.Rate;
import io.homecell.router.decide.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The rates of the topology's routes, by user and for all users of a route together: token buckets
 * that hold as many requests as the rate names. They are this router's: behind two routers a client
 * may send twice as much.
 *
 * <p>The user's bucket is asked first, so that one user who sends too much takes nothing from the
 * others. Memory is fixed, whatever clients send. Safe for any number of threads, without a lock.
 */
public final class RateLimits {
  private static final int USERS = 1 << 16;
  private static final long MICRO = 1_000;
  private static final long ROUTE_SALT = 0x9e3779b97f4a7c15L;

  private record Limited(
      @Nullable Bucket perUser, @Nullable Bucket perRoute, AtomicLong routeFullAt) {}

  private final List<EdgeRoute> routes;
  private final Limited[] limits;
  private final UserBuckets users = new UserBuckets(USERS);
  private final long originNanos;

  public RateLimits(List<EdgeRoute> routes, long nowNanos) {
    this.routes = List.copyOf(routes);
    this.originNanos = nowNanos;
    this.limits =
        routes.stream()
            .map(
                route ->
                    new Limited(
                        route.quota().perUser().map(rate -> Bucket.of(rate, MICRO)).orElse(null),
                        route.quota().perRoute().map(rate -> Bucket.of(rate, 1)).orElse(null),
                        new AtomicLong()))
            .toArray(Limited[]::new);
  }

  /** Whether a route has a rate at all. */
  public boolean isLimited(int route) {
    return limits[route].perUser != null || limits[route].perRoute != null;
  }

  /**
   * Counts a request; a request that is sent again is not counted again.
   *
   * @param route its place in the topology
   * @param asker the user, or what stands for one that is not known
   * @return how it is refused, if it is too much
   */
  public Optional<Refusal> take(int route, long asker, long nowNanos) {
    Limited limit = limits[route];
    long now = nowNanos - originNanos;
    if (limit.perUser != null) {
      long wait = users.take(asker ^ (ROUTE_SALT * (route + 1)), limit.perUser, now / MICRO);
      if (wait > 0) {
        return Optional.of(
            refused("user", routes.get(route).quota().perUser().orElseThrow(), wait * MICRO));
      }
    }
    if (limit.perRoute != null) {
      long wait = takeOfRoute(limit.routeFullAt, limit.perRoute, now);
      if (wait > 0) {
        return Optional.of(
            refused("route", routes.get(route).quota().perRoute().orElseThrow(), wait));
      }
    }
    return Optional.empty();
  }

  private static long takeOfRoute(AtomicLong fullAt, Bucket bucket, long now) {
    while (true) {
      long before = fullAt.get();
      long wait = bucket.waitOf(before, now);
      if (wait > 0 || fullAt.compareAndSet(before, bucket.after(before, now))) {
        return wait;
      }
    }
  }

  private static Refusal refused(String by, Rate rate, long waitNanos) {
    long second = Duration.ofSeconds(1).toNanos();
    return Refusal.tooMany(
        by + "-rate-exceeded",
        "more than "
            + rate.requests()
            + " requests in "
            + rate.per().toSeconds()
            + " s; nothing was changed",
        (int) ((waitNanos + second - 1) / second));
  }
}
