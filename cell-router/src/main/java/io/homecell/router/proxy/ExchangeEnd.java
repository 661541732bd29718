package io.homecell.router.proxy;

import io.homecell.router.decide.Destination;
import io.homecell.router.decide.Hop;
import io.homecell.router.identity.Identity;
import io.homecell.router.trace.AccessLine;
import io.homecell.router.trace.RequestTrace;
import io.homecell.router.trace.TraceContext;
import io.vertx.core.http.HttpServerRequest;
import java.time.Instant;
import java.util.Optional;

/**
 * How an exchange ended, for everything that counts and logs.
 *
 * @param cell the last that it was sent to
 * @param outcome as {@link EdgeMetrics#ended} has it
 * @param failed whether the service is to blame
 * @param bytesIn of the request's body
 */
record ExchangeEnd(
    HttpServerRequest request,
    RequestTrace trace,
    Caller caller,
    Destination destination,
    String cell,
    int status,
    String outcome,
    boolean failed,
    long arrivedNanos,
    long heldNanos,
    long bytesIn) {
  private static final String NO_ROUTE = "none";
  private static final double NANOS_PER_MILLI = 1_000_000;

  void tell(EdgeLoop loop) {
    long now = System.nanoTime();
    long took = now - arrivedNanos;
    loop.metrics().ended(routeName(), cell, outcome, took);
    // One that another router has sent is counted there.
    if (caller.hop().isEmpty()) {
      if (destination instanceof Destination.OfSlot ofSlot) {
        loop.slotCounters().ended(ofSlot.slot(), failed, took - heldNanos);
        loop.traffic().request(ofSlot.slot(), now);
      }
      if (caller.identity() instanceof Identity.Known known) {
        loop.traffic().user(known.user(), now);
      } else if (caller.identity() instanceof Identity.Claimed claimed) {
        loop.traffic().user(claimed.user(), now);
      }
    }
    boolean logged = failed || trace.logged();
    boolean told = trace.sampled() && loop.spans().isPresent();
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
    if (destination instanceof Destination.OfSlot ofSlot) {
      return ofSlot.found().route().path();
    }
    return destination instanceof Destination.Nearest nearest
        ? nearest.found().route().path()
        : NO_ROUTE;
  }

  private AccessLine line(long tookNanos) {
    String path = request.path();
    return new AccessLine(
        Instant.now(),
        trace.requestId(),
        trace.traceId(),
        trace.spanId(),
        trace.parent().map(TraceContext::spanId),
        request.remoteAddress().hostAddress(),
        caller.hop().map(Hop::datacenter),
        request.method().name(),
        path == null ? "" : path,
        routeName(),
        destination instanceof Destination.OfSlot of ? Optional.of(of.slot()) : Optional.empty(),
        cell,
        status,
        outcome,
        tookNanos / NANOS_PER_MILLI,
        heldNanos / NANOS_PER_MILLI,
        bytesIn,
        request.response().bytesWritten());
  }
}
