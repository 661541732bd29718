package io.homecell.router;

import io.homecell.router.link.LinkTerms;
import io.homecell.router.overload.OverloadSettings;
import io.homecell.router.retry.RetryPolicy;
import io.homecell.router.retry.RetrySettings;
import io.homecell.router.upstream.UpstreamHealth;
import io.homecell.router.upstream.UpstreamStreams;
import io.homecell.router.websocket.WebSocketSettings;
import java.time.Duration;
import java.util.function.Consumer;

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
 * @param unsafeRoutesAge how long ago the route table may have been confirmed for unsafe requests
 *     to go on
 * @param overload how much of it one cell may take
 * @param health when an instance is left out
 * @param retries how many requests are sent again at most
 * @param operation farewell, access log and the like
 * @param clients what is asked of clients
 * @param links to other datacenters' routers
 * @param tls whether clients speak TLS, and HTTP/2 with it
 * @param webSockets how many of them, and how long
 * @param streams of services that are spoken to by HTTP/2
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
    Duration unsafeRoutesAge,
    OverloadSettings overload,
    UpstreamHealth health,
    RetrySettings retries,
    Operation operation,
    ClientTerms clients,
    LinkTerms links,
    TlsTerms tls,
    WebSocketSettings webSockets,
    UpstreamStreams streams) {
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
        Duration.ofMinutes(5),
        OverloadSettings.standard(),
        UpstreamHealth.standard(),
        RetrySettings.standard(),
        Operation.standard(),
        ClientTerms.standard(),
        LinkTerms.standard(),
        TlsTerms.standard(),
        WebSocketSettings.standard(),
        UpstreamStreams.standard());
  }

  /** Settings that are being changed; belongs to one thread. */
  private static final class Draft {
    int eventLoops;
    Duration waitMax;
    int heldRequestsMax;
    long heldBytesMax;
    int releasedPerSecond;
    int bodyBytesMax;
    int replayBytesMax;
    Duration headTimeout;
    Duration connectTimeout;
    Duration idleTimeout;
    Duration clientIdleTimeout;
    int connectionsMax;
    Duration drainMax;
    Duration warmUp;
    Duration unsafeRoutesAge;
    OverloadSettings overload;
    UpstreamHealth health;
    RetrySettings retries;
    Operation operation;
    ClientTerms clients;
    LinkTerms links;
    TlsTerms tls;
    WebSocketSettings webSockets;
    UpstreamStreams streams;

    Draft(RouterSettings from) {
      eventLoops = from.eventLoops;
      waitMax = from.waitMax;
      heldRequestsMax = from.heldRequestsMax;
      heldBytesMax = from.heldBytesMax;
      releasedPerSecond = from.releasedPerSecond;
      bodyBytesMax = from.bodyBytesMax;
      replayBytesMax = from.replayBytesMax;
      headTimeout = from.headTimeout;
      connectTimeout = from.connectTimeout;
      idleTimeout = from.idleTimeout;
      clientIdleTimeout = from.clientIdleTimeout;
      connectionsMax = from.connectionsMax;
      drainMax = from.drainMax;
      warmUp = from.warmUp;
      unsafeRoutesAge = from.unsafeRoutesAge;
      overload = from.overload;
      health = from.health;
      retries = from.retries;
      operation = from.operation;
      clients = from.clients;
      links = from.links;
      tls = from.tls;
      webSockets = from.webSockets;
      streams = from.streams;
    }

    RouterSettings settings() {
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
          unsafeRoutesAge,
          overload,
          health,
          retries,
          operation,
          clients,
          links,
          tls,
          webSockets,
          streams);
    }
  }

  private RouterSettings with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.settings();
  }

  public RouterSettings withEventLoops(int loops) {
    return with(draft -> draft.eventLoops = loops);
  }

  public RouterSettings withHolding(Duration atMost, int requests, long bytes) {
    return with(
        draft -> {
          draft.waitMax = atMost;
          draft.heldRequestsMax = requests;
          draft.heldBytesMax = bytes;
        });
  }

  public RouterSettings withHeadTimeout(Duration atMost) {
    return with(draft -> draft.headTimeout = atMost);
  }

  public RouterSettings withIdleTimeout(Duration atMost) {
    return with(draft -> draft.idleTimeout = atMost);
  }

  public RouterSettings withClientIdleTimeout(Duration atMost) {
    return with(draft -> draft.clientIdleTimeout = atMost);
  }

  public RouterSettings withWarmUp(Duration duration) {
    return with(draft -> draft.warmUp = duration);
  }

  public RouterSettings withReleasing(int perSecond) {
    return with(draft -> draft.releasedPerSecond = perSecond);
  }

  public RouterSettings withUnsafeRoutesAge(Duration atMost) {
    return with(draft -> draft.unsafeRoutesAge = atMost);
  }

  public RouterSettings withOverload(OverloadSettings bounds) {
    return with(draft -> draft.overload = bounds);
  }

  public RouterSettings withHealth(UpstreamHealth checks) {
    return with(draft -> draft.health = checks);
  }

  public RouterSettings withRetries(RetrySettings atMost) {
    return with(draft -> draft.retries = atMost);
  }

  public RouterSettings withOperation(Operation how) {
    return with(draft -> draft.operation = how);
  }

  public RouterSettings withClients(ClientTerms terms) {
    return with(draft -> draft.clients = terms);
  }

  public RouterSettings withLinks(LinkTerms terms) {
    return with(draft -> draft.links = terms);
  }

  public RouterSettings withTls(TlsTerms terms) {
    return with(draft -> draft.tls = terms);
  }

  public RouterSettings withWebSockets(WebSocketSettings bounds) {
    return with(draft -> draft.webSockets = bounds);
  }

  public RouterSettings withStreams(UpstreamStreams bounds) {
    return with(draft -> draft.streams = bounds);
  }

  /** How many held requests each event loop may release in such an interval, at least one. */
  public int releasedAtOnce(long intervalMillis) {
    return (int) Math.max(1, releasedPerSecond * intervalMillis / 1_000 / eventLoops);
  }

  public RetryPolicy retryPolicy() {
    return new RetryPolicy(waitMax, MISDIRECTED_MAX);
  }
}
