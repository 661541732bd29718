package io.homecell.router;

import io.homecell.core.http.AdminServer;
import io.homecell.core.http.Problem;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.router.decide.Decider;
import io.homecell.router.decide.Decision;
import io.homecell.router.decide.Destination;
import io.homecell.router.decide.NearCopy;
import io.homecell.router.decide.StaleRoutes;
import io.homecell.router.identity.Identity;
import io.homecell.router.path.DecimalId;
import io.homecell.router.path.RouteMatcher.Found;
import io.homecell.router.proxy.EdgeRules;
import io.homecell.router.upstream.Upstream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * {@code /why?path=&user=&method=} on the admin port: where a request would go now, and by what
 * rule. Sends nothing, changes nothing.
 */
final class WhyEndpoint {
  /** What is told. */
  record Why(
      String method,
      String path,
      String decision,
      String detail,
      Optional<String> rule,
      Optional<String> service,
      Optional<Integer> slot,
      Optional<String> owner,
      Optional<Long> slotEpoch,
      Optional<String> movingTo,
      List<String> instances,
      long tableEpoch,
      double tableAgeSeconds) {}

  private final RouterParts parts;
  private final Supplier<EdgeRules> rules;
  private final StaleRoutes staleRoutes;

  WhyEndpoint(RouterParts parts, Supplier<EdgeRules> rules) {
    this.parts = parts;
    this.rules = rules;
    this.staleRoutes = new StaleRoutes(parts.topology(), parts.settings().unsafeRoutesAge());
  }

  AdminServer.Answer answer(AdminServer.Request request) {
    Map<String, String> query = new TreeMap<>(request.query());
    String path = query.get("path");
    if (path == null || !path.startsWith("/")) {
      return new AdminServer.Answer(
          400, Problem.of(400, "bad-query", "path: " + path + " (expected: ?path=/...)"));
    }
    return new AdminServer.Answer(
        200, why(query.getOrDefault("method", "GET"), path, identity(query.get("user"))));
  }

  private static Identity identity(@Nullable String user) {
    if (user == null || user.isEmpty()) {
      return Identity.ABSENT;
    }
    OptionalLong id = DecimalId.parse(user);
    return id.isPresent() ? new Identity.Known(id.getAsLong()) : new Identity.NotAnId("user", user);
  }

  private Why why(String method, String path, Identity identity) {
    RouteTable table = parts.routes().current();
    Decider decider = rules.get().decider();
    Destination destination = decider.destination(method, path, identity);
    boolean unsafe = Decider.isUnsafe(method);
    Duration age = parts.routes().age();
    Decision decision =
        staleRoutes.orRefused(
            decider.decide(table, destination, unsafe, Optional.empty(), Optional.empty()),
            unsafe,
            age);
    Optional<Found.Route> found = destination.route();
    Optional<Integer> slot =
        destination instanceof Destination.OfSlot ofSlot
            ? Optional.of(ofSlot.slot())
            : Optional.empty();
    Optional<SlotRoute> route = slot.map(table::of);
    return new Why(
        method,
        path,
        decision.getClass().getSimpleName().toLowerCase(Locale.ROOT),
        detail(decision) + nearDetail(decider, destination, method, decision),
        found.map(rule -> rule.route().path()),
        found.map(rule -> rule.route().service()),
        slot,
        route.map(SlotRoute::owner),
        route.map(SlotRoute::epoch),
        route.flatMap(SlotRoute::movingTo),
        instances(decision),
        table.epoch(),
        age.toMillis() / 1000.0);
  }

  private static String detail(Decision decision) {
    if (decision instanceof Decision.Local local) {
      return "an instance of " + String.join(" or ", local.cells());
    }
    if (decision instanceof Decision.Remote remote) {
      return "the router of " + remote.datacenter();
    }
    if (decision instanceof Decision.Wait wait) {
      return "held: " + wait.reason();
    }
    return decision instanceof Decision.Refused refused
        ? refused.refusal().status() + " " + refused.refusal().problem().detail()
        : "";
  }

  private static String nearDetail(
      Decider decider, Destination destination, String method, Decision decision) {
    boolean read = method.equals("GET") || method.equals("HEAD");
    Optional<NearCopy> copy =
        read && decision instanceof Decision.Remote remote
            ? decider.near(destination, remote)
            : Optional.empty();
    return copy.map(
            near ->
                ", unless the copy in "
                    + near.at().cells().get(0)
                    + " is at most "
                    + near.lagMax().toMillis()
                    + " ms behind and answers")
        .orElse("");
  }

  private List<String> instances(Decision decision) {
    if (decision instanceof Decision.Local local) {
      return local.cells().stream()
          .flatMap(cell -> parts.instances().of(local.service(), cell).stream())
          .map(Upstream::toString)
          .toList();
    }
    return decision instanceof Decision.Remote remote
        ? List.of(parts.topology().datacenter(remote.datacenter()).router().toString())
        : List.of();
  }
}
