package io.homecell.router.proxy;

import io.homecell.router.decide.Destination;
import io.homecell.router.decide.Hop;
import io.homecell.router.identity.Identity;
import io.homecell.router.trace.AccessLine;
import io.homecell.router.trace.TraceContext;
import java.time.Instant;
import java.util.Optional;

/**
 * How an exchange ended, for everything that counts and logs.
 *
 * @param cell the last that it was sent to
 * @param outcome as {@link EdgeMetrics#ended} has it
 * @param failed whether the service is to blame
 * @param bytesIn of the request's body, or of a WebSocket from its client
 * @param bytesOut of the answer's body, or of a WebSocket to its client
 */
record ExchangeEnd(
    Subject subject,
    String cell,
    int status,
    String outcome,
    boolean failed,
    long arrivedNanos,
    long heldNanos,
    long bytesIn,
    long bytesOut) {
  private static final String NO_ROUTE = "none";
  private static final double NANOS_PER_MILLI = 1_000_000;

  /** Of statuses, by their first digit. */
  private static final String[] CLASSES = {"0xx", "1xx", "2xx", "3xx", "4xx", "5xx"};

  /** The outcome of one that got a whole answer. */
  static String outcomeOf(int status) {
    return CLASSES[status / 100];
  }

  void tell(EdgeLoop loop) {
    count(loop);
    log(loop);
  }

  /** As a request. A WebSocket is one until the cell has agreed to it. */
  void count(EdgeLoop loop) {
    long now = System.nanoTime();
    long took = now - arrivedNanos;
    // One that another router has sent is counted there.
    if (!subject.isFromRouter()) {
      if (subject.destination() instanceof Destination.OfSlot ofSlot) {
        loop.slotCounters().ended(ofSlot.slot(), failed, took - heldNanos);
        loop.traffic().request(ofSlot.slot(), now);
      }
      if (subject.caller().identity() instanceof Identity.Known known) {
        loop.traffic().user(known.user(), now);
      } else if (subject.caller().identity() instanceof Identity.Claimed claimed) {
        loop.traffic().user(claimed.user(), now);
      }
    }
    // Last, so that who sees it counted there finds it in the counts of slots and users too.
    loop.metrics().ended(routeName(), cell, outcome, took);
  }

  /** In the access log, and as a span. */
  void log(EdgeLoop loop) {
    long took = System.nanoTime() - arrivedNanos;
    boolean logged = failed || subject.trace().logged();
    boolean told = subject.trace().sampled() && loop.spans().isPresent();
    if (logged || told) {
      AccessLine line = line(took);
      if (logged) {
        loop.accessLog().add(line);
      }
      if (told) {
        loop.spans().get().add(line);
      }
    }
  }

  private String routeName() {
    return subject.destination().route().map(found -> found.route().path()).orElse(NO_ROUTE);
  }

  private AccessLine line(long tookNanos) {
    String path = subject.request().path();
    return new AccessLine(
        Instant.now(),
        subject.trace().requestId(),
        subject.trace().traceId(),
        subject.trace().spanId(),
        subject.trace().parent().map(TraceContext::spanId),
        subject.request().remoteAddress().hostAddress(),
        subject.caller().hop().map(Hop::datacenter),
        subject.request().method().name(),
        path == null ? "" : path,
        routeName(),
        subject.destination() instanceof Destination.OfSlot of
            ? Optional.of(of.slot())
            : Optional.empty(),
        cell,
        status,
        outcome,
        tookNanos / NANOS_PER_MILLI,
        heldNanos / NANOS_PER_MILLI,
        bytesIn,
        bytesOut);
  }
}
