package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology.Priority;
import io.homecell.router.decide.Decider;
import io.homecell.router.decide.Decision;
import io.homecell.router.decide.Destination;
import io.homecell.router.decide.Refusal;
import io.homecell.router.identity.Ask;
import io.homecell.router.identity.Identity;
import io.homecell.router.path.RouteMatcher.Found;
import io.homecell.router.upstream.Upstream;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Optional;

/**
 * Tells another gateway where a request belongs, so that the gateway sends it there itself.
 *
 * <p>Four ways to ask, each by a sub-request with the client's own headers and without its body:
 *
 * <ul>
 *   <li>{@code /auth}: method and target in {@code X-Original-Method} and {@code X-Original-URI};
 *       answers 200, or what the router would answer itself
 *   <li>{@code /auth/nginx}: the same, for a gateway to which any status but 200, 401 and 403 is an
 *       error: whatever this router would refuse, hold or can't place is answered 200 with this
 *       router itself as the upstream, which then does it
 *   <li>{@code /auth/envoy} followed by the target, with the method as it is
 *   <li>{@code /auth/envoy-fallback} followed by the target: the same as {@code /auth/nginx}
 * </ul>
 *
 * <p>An answer of 200 carries {@code Cell-Upstream} (host and port), {@code Cell-Owner}, {@code
 * Cell-Slot}, {@code Cell-Epoch} and {@code Cell-User}, as far as there are. It is worth as much as
 * the table at that moment: the cell checks its ownership again and answers 421 if it has lost it,
 * so a gateway must pass such a request to this router. Belongs to one event loop.
 */
final class OwnerEndpoint {
  static final String UPSTREAM = CellHeaders.PREFIX + "Upstream";
  static final String OWNER = CellHeaders.PREFIX + "Owner";

  static final String ENVOY = "/auth/envoy";
  static final String ENVOY_FALLBACK = "/auth/envoy-fallback";
  private static final String NGINX = "/auth/nginx";

  private record Asked(String method, String target, boolean refusalsToRouter) {
    String path() {
      int query = target.indexOf('?');
      return query < 0 ? target : target.substring(0, query);
    }

    /** The gateway's address counts: it is the one that headers are believed from, or not. */
    Ask by(HttpServerRequest request, Found.Route route) {
      int query = target.indexOf('?');
      return new Ask(
          request.headers(),
          query < 0 ? "" : target.substring(query + 1),
          request.remoteAddress().hostAddress(),
          Optional.of(route));
    }
  }

  private final EdgeLoop loop;

  OwnerEndpoint(EdgeLoop loop) {
    this.loop = loop;
  }

  void handle(HttpServerRequest request) {
    request.response().exceptionHandler(ignored -> {});
    if (loop.isDraining()) {
      request.response().putHeader("Connection", "close");
    }
    Optional<Asked> asked = asked(request);
    if (asked.isEmpty()) {
      loop.metrics().ownerTold("unusable");
      Problems.write(
          request.response(),
          Refusal.of(
              400,
              "bad-question",
              request.path()
                  + " (expected: /auth or /auth/nginx, each with one X-Original-Method and one"
                  + " X-Original-URI, or /auth/envoy/..., or /auth/envoy-fallback/...)"),
          false);
      return;
    }
    answer(request, asked.get());
  }

  private static Optional<Asked> asked(HttpServerRequest request) {
    String path = String.valueOf(request.path());
    boolean fallback = path.startsWith(ENVOY_FALLBACK + "/");
    if (fallback || path.startsWith(ENVOY + "/")) {
      String prefix = fallback ? ENVOY_FALLBACK : ENVOY;
      String target = request.uri().substring(prefix.length());
      return Optional.of(new Asked(request.method().name(), target, fallback));
    }
    List<String> methods = request.headers().getAll("X-Original-Method");
    List<String> targets = request.headers().getAll("X-Original-URI");
    boolean nginx = path.equals(NGINX);
    if ((!nginx && !path.equals("/auth"))
        || methods.size() != 1
        || targets.size() != 1
        || !targets.get(0).startsWith("/")) {
      return Optional.empty();
    }
    return Optional.of(new Asked(methods.get(0), targets.get(0), nginx));
  }

  private void answer(HttpServerRequest request, Asked asked) {
    EdgeRules rules = loop.rules();
    RouteTable table = loop.routes().current();
    Found found = rules.decider().find(asked.method, asked.path());
    Identity identity =
        found instanceof Found.Route route
            ? rules.identities().read(asked.by(request, route))
            : Identity.ABSENT;
    Destination destination =
        rules.decider().destination(asked.method, asked.path(), found, identity);
    boolean unsafe = Decider.isUnsafe(asked.method);
    Decision decision =
        loop.staleRoutes()
            .orRefused(
                rules
                    .decider()
                    .decide(table, destination, unsafe, Optional.empty(), Optional.empty()),
                unsafe,
                loop.routes().age());
    HttpServerResponse response = request.response();
    if (destination instanceof Destination.OfSlot ofSlot) {
      response.putHeader(CellHeaders.SLOT, Integer.toString(ofSlot.slot()));
      response.putHeader(CellHeaders.EPOCH, Long.toString(table.of(ofSlot.slot()).epoch()));
      response.putHeader(OWNER, table.of(ofSlot.slot()).owner());
    }
    if (identity instanceof Identity.Known known) {
      response.putHeader(CellHeaders.USER, Long.toString(known.user()));
    }
    Optional<Upstream> upstream = upstream(decision, destination.quota().priority());
    if (upstream.isPresent()) {
      tell(response, "owner", upstream.get());
      return;
    }
    Refusal refusal = refusal(decision);
    if (asked.refusalsToRouter && refusal.status() != 401) {
      tell(response, "router", loop.self());
    } else {
      loop.metrics().ownerTold("refused");
      Problems.write(response, refusal, false);
    }
  }

  private void tell(HttpServerResponse response, String what, Upstream upstream) {
    loop.metrics().ownerTold(what);
    response.putHeader(UPSTREAM, upstream.host() + ":" + upstream.port()).end();
  }

  private Optional<Upstream> upstream(Decision decision, Priority priority) {
    if (decision instanceof Decision.Remote remote) {
      return Optional.of(loop.routerOf(remote.datacenter()));
    }
    if (!(decision instanceof Decision.Local local)) {
      return Optional.empty();
    }
    InstanceChoice.Choice choice =
        loop.instanceChoice().choose(local, priority, Optional.empty(), System.nanoTime());
    return choice instanceof InstanceChoice.Choice.Instance instance
        ? Optional.of(instance.upstream())
        : Optional.empty();
  }

  private static Refusal refusal(Decision decision) {
    if (decision instanceof Decision.Refused refused) {
      return refused.refusal();
    }
    return decision instanceof Decision.Wait
        ? Refusal.unavailable("slot-moving", "the slot is moving; nothing was changed")
        : Refusal.unavailable("cell-unavailable", "the cell has no instance that is known here");
  }
}
