package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.router.decide.Decider;
import io.homecell.router.decide.Decision;
import io.homecell.router.decide.Destination;
import io.homecell.router.decide.Refusal;
import io.homecell.router.decide.StaleRoutes;
import io.homecell.router.decide.Told;
import io.homecell.router.path.RouteMatcher.Found;
import io.homecell.router.trace.RequestTrace;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.time.Duration;
import java.util.Optional;

/**
 * Who asks for what: the head of a request, its sender and what it is about, by the rules that held
 * when it came. Belongs to one event loop.
 *
 * @param unsafe whether it may change something
 */
record Subject(
    HttpServerRequest request,
    boolean unsafe,
    EdgeRules rules,
    StaleRoutes staleRoutes,
    RequestTrace trace,
    RequestHead head,
    Caller caller,
    Destination destination) {

  static Subject of(EdgeLoop loop, HttpServerRequest request) {
    String method = request.method().name();
    EdgeRules rules = loop.rules();
    RequestHead head =
        RequestHead.read(
            request.version() == HttpVersion.HTTP_1_0,
            method,
            request.uri(),
            request.headers(),
            loop.outboundHead().pseudonym());
    Found found = rules.decider().find(method, head.path());
    Caller caller = Caller.of(request, found, loop.key(), rules.identities());
    return new Subject(
        request,
        // Nobody knows what will be written on a WebSocket.
        Decider.isUnsafe(method) || head.handshake().isPresent(),
        rules,
        loop.staleRoutes(),
        loop.traces().of(request.headers()),
        head,
        caller,
        rules.decider().destination(method, head.path(), found, caller.identity()));
  }

  /** Whether another router has sent it, which has counted it and judged its sender. */
  boolean isFromRouter() {
    return caller.hop().isPresent();
  }

  Topology.Priority priority() {
    return destination.quota().priority();
  }

  /** Counts it; says how it is refused, if it is one too many. */
  Optional<Refusal> overItsRate(long nowNanos) {
    int route = destination.route().orElseThrow().index();
    if (isFromRouter() || !rules.rates().isLimited(route)) {
      return Optional.empty();
    }
    long asker = caller.asker(() -> request.remoteAddress().hostAddress());
    return rules.rates().take(route, asker, nowNanos);
  }

  /**
   * Where it goes by a table.
   *
   * @param age how long ago the table was confirmed
   * @param told the newest that a refusal has said of a slot, if one has
   */
  Decision decide(RouteTable table, Duration age, Optional<Told> told) {
    return staleRoutes.orRefused(
        rules.decider().decide(table, destination, unsafe, caller.hop(), told), unsafe, age);
  }
}
