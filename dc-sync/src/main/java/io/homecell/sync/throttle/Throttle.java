package io.homecell.sync.throttle;

import io.homecell.sync.throttle.Throttling.Link;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Slows one run of background work while replication that it is in the way of is late.
 *
 * <p>The work asks before each part, with no lock held and no transaction open. A part waits for
 * {@link #PART_WAITS_MAX} at the most: work is slowed, never stopped, since a pipeline that stands
 * still for another reason would stop it for ever, and a load that does not get on is overtaken by
 * the source's purge. While it waits it says so, and for whom.
 *
 * <p>For one thread, but for {@link #reason}. Proven by ThrottleIT.
 */
public final class Throttle implements AutoCloseable {
  /** As long as one part may wait. */
  static final Duration PART_WAITS_MAX = Duration.ofSeconds(10);

  private static final Logger LOG = LoggerFactory.getLogger(Throttle.class);
  private static final Duration LOOK_EACH = Duration.ofMillis(500);
  private static final Duration STEP = Duration.ofMillis(100);

  private final String name;
  private final Duration lagMax;
  private final List<Link> links;
  private final Map<Throttle, String> waiting;
  private final LongConsumer waitedNanos;
  private final LagReader lags = new LagReader();
  private long lookedAt = System.nanoTime() - LOOK_EACH.toNanos();
  private volatile Optional<String> reason = Optional.empty();

  Throttle(
      String name,
      Duration lagMax,
      List<Link> links,
      Map<Throttle, String> waiting,
      LongConsumer waitedNanos) {
    this.name = name;
    this.lagMax = lagMax;
    this.links = links;
    this.waiting = waiting;
    this.waitedNanos = waitedNanos;
  }

  /**
   * Waits while a link is too late, for a part's time at most.
   *
   * @param says told why, as long as it waits
   * @param over whether the work has no time left, or is told to stop
   */
  public void pause(Consumer<String> says, BooleanSupplier over) throws InterruptedException {
    look();
    if (reason.isEmpty()) {
      return;
    }
    long from = System.nanoTime();
    while (reason.isPresent()
        && !over.getAsBoolean()
        && System.nanoTime() - from < PART_WAITS_MAX.toNanos()) {
      reason.ifPresent(says);
      Thread.sleep(STEP.toMillis());
      look();
    }
    waitedNanos.accept(System.nanoTime() - from);
  }

  private void look() {
    if (links.isEmpty() || System.nanoTime() - lookedAt < LOOK_EACH.toNanos()) {
      return;
    }
    Optional<String> before = reason;
    reason = Throttling.reason(lagMax, lags.read(links));
    lookedAt = System.nanoTime();
    reason.ifPresentOrElse(why -> waiting.put(this, why), () -> waiting.remove(this));
    if (reason.isPresent() != before.isPresent()) {
      LOG.info("{}: {}", name, reason.orElse("no longer throttled"));
    }
  }

  /** Why the work was slowed when it looked last; empty if it was not. */
  public Optional<String> reason() {
    return reason;
  }

  @Override
  public void close() {
    waiting.remove(this);
    lags.close();
  }
}
