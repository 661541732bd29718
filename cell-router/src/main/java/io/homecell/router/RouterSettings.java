package io.homecell.router;

import io.homecell.router.retry.RetryPolicy;
import java.time.Duration;

/**
 * The bounds of a router: everything that can grow or wait has one.
 *
 * @param eventLoops threads that serve; each has its own connections and its own queue
 * @param waitMax how long a request may wait in all: held while its slot moves, or for a retry
 * @param heldRequestsMax requests held at once
 * @param heldBytesMax what held requests may keep in memory
 * @param releasedPerSecond held requests that go on when their slots are open again: those of a
 *     whole datacenter at once would be a burst that nobody has sent
 * @param bodyBytesMax a request's body
 * @param replayBytesMax how much of a body is kept so that it can be sent again
 * @param headTimeout from the end of sending to the head of the answer
 * @param connectTimeout of a connection to a cell or another router
 * @param idleTimeout how long an unused upstream connection is kept; shorter than any upstream's
 * @param clientIdleTimeout how long a client's connection may be silent
 * @param connectionsMax to one upstream from one event loop
 * @param drainMax at shutdown, for requests under way
 * @param warmUp how long the code is exercised before the port opens
 * @param clients what is asked of clients
 */
public record RouterSettings(
    int eventLoops,
    Duration waitMax,
    int heldRequestsMax,
    long heldBytesMax,
    int releasedPerSecond,
    int bodyBytesMax,
    int replayBytesMax,
    Duration headTimeout,
    Duration connectTimeout,
    Duration idleTimeout,
    Duration clientIdleTimeout,
    int connectionsMax,
    Duration drainMax,
    Duration warmUp,
    ClientTerms clients) {
  private static final int MISDIRECTED_MAX = 8;

  public RouterSettings {
    if (eventLoops < 1 || connectionsMax < 1 || releasedPerSecond < 1) {
      throw new IllegalArgumentException(
          "eventLoops: "
              + eventLoops
              + ", connectionsMax: "
              + connectionsMax
              + ", releasedPerSecond: "
              + releasedPerSecond
              + " (expected: each >= 1)");
    }
  }

  /** What a router runs with unless told otherwise. */
  public static RouterSettings standard() {
    return new RouterSettings(
        Runtime.getRuntime().availableProcessors(),
        Duration.ofSeconds(5),
        10_000,
        64L << 20,
        4_000,
        1 << 20,
        64 << 10,
        Duration.ofSeconds(30),
        Duration.ofSeconds(1),
        Duration.ofSeconds(15),
        Duration.ofSeconds(75),
        512,
        Duration.ofSeconds(7),
        Duration.ofMillis(1_500),
        ClientTerms.standard());
  }

  public RouterSettings withEventLoops(int loops) {
    return new RouterSettings(
        loops,
        waitMax,
        heldRequestsMax,
        heldBytesMax,
        releasedPerSecond,
        bodyBytesMax,
        replayBytesMax,
        headTimeout,
        connectTimeout,
        idleTimeout,
        clientIdleTimeout,
        connectionsMax,
        drainMax,
        warmUp,
        clients);
  }

  public RouterSettings withHolding(Duration atMost, int requests, long bytes) {
    return new RouterSettings(
        eventLoops,
        atMost,
        requests,
        bytes,
        releasedPerSecond,
        bodyBytesMax,
        replayBytesMax,
        headTimeout,
        connectTimeout,
        idleTimeout,
        clientIdleTimeout,
        connectionsMax,
        drainMax,
        warmUp,
        clients);
  }

  public RouterSettings withHeadTimeout(Duration atMost) {
    return new RouterSettings(
        eventLoops,
        waitMax,
        heldRequestsMax,
        heldBytesMax,
        releasedPerSecond,
        bodyBytesMax,
        replayBytesMax,
        atMost,
        connectTimeout,
        idleTimeout,
        clientIdleTimeout,
        connectionsMax,
        drainMax,
        warmUp,
        clients);
  }

  public RouterSettings withIdleTimeout(Duration atMost) {
    return new RouterSettings(
        eventLoops,
        waitMax,
        heldRequestsMax,
        heldBytesMax,
        releasedPerSecond,
        bodyBytesMax,
        replayBytesMax,
        headTimeout,
        connectTimeout,
        atMost,
        clientIdleTimeout,
        connectionsMax,
        drainMax,
        warmUp,
        clients);
  }

  public RouterSettings withWarmUp(Duration duration) {
    return new RouterSettings(
        eventLoops,
        waitMax,
        heldRequestsMax,
        heldBytesMax,
        releasedPerSecond,
        bodyBytesMax,
        replayBytesMax,
        headTimeout,
        connectTimeout,
        idleTimeout,
        clientIdleTimeout,
        connectionsMax,
        drainMax,
        duration,
        clients);
  }

  public RouterSettings withReleasing(int perSecond) {
    return new RouterSettings(
        eventLoops,
        waitMax,
        heldRequestsMax,
        heldBytesMax,
        perSecond,
        bodyBytesMax,
        replayBytesMax,
        headTimeout,
        connectTimeout,
        idleTimeout,
        clientIdleTimeout,
        connectionsMax,
        drainMax,
        warmUp,
        clients);
  }

  public RouterSettings withClients(ClientTerms terms) {
    return new RouterSettings(
        eventLoops,
        waitMax,
        heldRequestsMax,
        heldBytesMax,
        releasedPerSecond,
        bodyBytesMax,
        replayBytesMax,
        headTimeout,
        connectTimeout,
        idleTimeout,
        clientIdleTimeout,
        connectionsMax,
        drainMax,
        warmUp,
        terms);
  }

  /** How many held requests each event loop may release in such an interval, at least one. */
  public int releasedAtOnce(long intervalMillis) {
    return (int) Math.max(1, releasedPerSecond * intervalMillis / 1_000 / eventLoops);
  }

  public RetryPolicy retryPolicy() {
    return new RetryPolicy(waitMax, MISDIRECTED_MAX);
  }
}
