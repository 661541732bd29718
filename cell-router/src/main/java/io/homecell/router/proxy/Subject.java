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
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
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

  static Subject of(EdgeLoop loop, HttpServerRequest request, ClientSide client, HopProof proof) {
    String method = request.method().name();
    EdgeRules rules = loop.rules();
    RequestHead head = client.readHead(loop.outboundHead().pseudonym());
    Found found = rules.decider().find(method, head.path());
    Caller caller = Caller.of(request, found, proof, rules.identities());
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

  /** Whether it asks for something and sends nothing. */
  boolean isPlainRead() {
    HttpMethod method = request.method();
    return !unsafe
        && (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD))
        && head.framing().isEmpty();
  }

  Topology.Priority priority() {
    return destination.quota().priority();
  }

  /** Why it goes nowhere, though it can be read; counts it where requests are counted. */
  Optional<Refusal> refused(int bodyBytesMax, long nowNanos) {
    if (destination instanceof Destination.Nowhere nowhere) {
      return Optional.of(nowhere.refusal());
    }
    return head.framing().length() > bodyBytesMax
        ? Optional.of(Refusal.bodyTooLarge(bodyBytesMax))
        : overItsRate(nowNanos);
  }

  /** Counts it; says how it is refused, if it is one too many. */
  private Optional<Refusal> overItsRate(long nowNanos) {
    int route = destination.route().orElseThrow().index();
    if (isFromRouter() || !rules.rates().isLimited(route)) {
      return Optional.empty();
    }
    long asker = caller.asker(() -> request.remoteAddress().hostAddress());
    return rules.rates().take(route, asker, nowNanos);
  }

  /**
   * Writes its head for the next process.
   *
   * @param remote where it is forwarded to, if to another datacenter
   */
  void writeTo(
      HttpClientRequest next,
      OutboundHead outbound,
      Forwarding forwarding,
      Optional<Decision.Remote> remote) {
    outbound.write(request, next.headers(), caller, forwarding, head, remote);
    trace.writeTo(next.headers());
    if (next.version() == HttpVersion.HTTP_2 && HeaderRules.takesTrailers(request.headers())) {
      // A field of one connection, but gRPC asks for it to the last.
      next.headers().set(WireNames.TE, WireNames.TRAILERS);
    }
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
