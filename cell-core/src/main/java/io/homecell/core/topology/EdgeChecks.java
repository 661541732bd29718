package io.homecell.core.topology;

import io.homecell.core.http.CellHeaders;
import io.homecell.core.topology.Topology.IdentitySource;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Identity sources and routes of the edge: well formed, referring to what exists, each reachable.
 */
final class EdgeChecks {
  private static final String IDENTITY = "identity";
  private static final Duration LAG_MIN = Duration.ofMillis(500);
  private static final Duration LAG_MAX = Duration.ofHours(1);

  private final Cursor root;
  private final TopologyChecks checks;
  private final Problems problems;
  private final List<Served> served = new ArrayList<>();

  EdgeChecks(Cursor root, TopologyChecks checks, Problems problems) {
    this.root = root;
    this.checks = checks;
    this.problems = problems;
  }

  private record Served(Cursor route, String shape, Optional<String> method) {
    boolean hides(String otherShape, Optional<String> otherMethod) {
      return shape.equals(otherShape) && (method.isEmpty() || method.equals(otherMethod));
    }
  }

  void run(Cursor edge) {
    List<Cursor> sources = sources(edge);
    Set<String> seen = new HashSet<>();
    sources.forEach(source -> identity(source, seen, Optional.empty()));
    for (Cursor range : edge.get("trusted").map(Cursor::items).orElse(List.of())) {
      checks.format(range, AddressRange::parse);
    }
    for (Cursor route : edge.get("routes").map(Cursor::items).orElse(List.of())) {
      route(route, !sources.isEmpty());
    }
  }

  private static List<Cursor> sources(Cursor of) {
    return of.get(IDENTITY).map(Cursor::items).orElse(List.of());
  }

  /**
   * @param path of the route whose source it is; empty if it is the edge's
   */
  private void identity(Cursor source, Set<String> seen, Optional<PathPattern> path) {
    Optional<IdentitySource> read = checks.format(source, Formats::identitySource);
    if (read.isEmpty()) {
      return;
    }
    if (read.get() instanceof IdentitySource.Header header
        && header.name().regionMatches(true, 0, CellHeaders.PREFIX, 0, 5)) {
      problems.wrong(
          source,
          "'"
              + header.name()
              + "' is an internal header, which the edge removes (expected: one that does not begin"
              + " with "
              + CellHeaders.PREFIX
              + ")");
    }
    if (read.get() instanceof IdentitySource.PathVariable variable) {
      variableOf(source, variable.name(), path);
    }
    String text = source.text().orElseThrow();
    boolean header = text.startsWith("header:");
    if (!seen.add(header ? text.toLowerCase(Locale.ROOT) : text)) {
      problems.wrong(source, "'" + text + "' stands twice (expected: once)");
    }
  }

  private void variableOf(Cursor source, String name, Optional<PathPattern> path) {
    if (path.isEmpty()) {
      problems.wrong(
          source, "'path:" + name + "' is of a route (expected: in the route's own identity)");
    } else if (!path.get().variables().contains(name)) {
      problems.wrong(
          source,
          "'"
              + name
              + "' is not in the path (allowed: "
              + String.join(", ", path.get().variables())
              + ")");
    }
  }

  private void withoutKey(Cursor route) {
    boolean ofIdentity = route.text("slot-of").filter(IDENTITY::equals).isPresent();
    route
        .get("without-key")
        .filter(word -> !ofIdentity)
        .ifPresent(
            word ->
                problems.wrongKey(
                    word, "only a route to an identity can lack it (expected: slot-of: identity)"));
  }

  private void route(Cursor route, boolean edgeTellsIdentity) {
    Optional<PathPattern> path =
        route.get("path").flatMap(value -> checks.format(value, PathPattern::parse));
    Set<String> seen = new HashSet<>();
    // Without a path that can be read nothing can be said of its variables.
    path.ifPresent(pattern -> sources(route).forEach(source -> identity(source, seen, path)));
    boolean identityIsTold =
        route
            .get(IDENTITY)
            .map(own -> !(own.value() instanceof YamlValue.Sequence) || !own.items().isEmpty())
            .orElse(edgeTellsIdentity);
    withoutKey(route);
    checks.reference(route, "service", "services", "service");
    Optional<Cursor> slotOf = route.get("slot-of");
    boolean to = route.get("to").isPresent();
    if (to && slotOf.isPresent()) {
      problems.wrongKey(slotOf.get(), "not allowed beside to (expected: one of to, slot-of)");
    } else if (!to && slotOf.isEmpty() && route.keys().isPresent()) {
      problems.wrong(
          route, "goes nowhere (expected: to: nearest, or slot-of: a path variable or identity)");
    }
    path.ifPresent(pattern -> variable(pattern, route, slotOf, identityIsTold));
    slotOf.ifPresent(value -> unitOnly(route, value));
    near(route, slotOf.isPresent());
    route
        .get("rate")
        .map(Cursor::entries)
        .orElse(List.of())
        .forEach(rate -> checks.format(rate, Formats::rate));
    path.ifPresent(pattern -> reachable(route, pattern));
  }

  /** A beat is written twice a second: no copy is known to be less late than that. */
  private void near(Cursor route, boolean ofSlot) {
    Optional<Cursor> read = route.get("read");
    Optional<Cursor> lagMax = route.get("lag-max");
    if (read.isPresent() && !ofSlot) {
      problems.wrongKey(read.get(), "only what belongs to a slot has copies (expected: slot-of)");
    } else if (read.isPresent() && lagMax.isEmpty()) {
      problems.wrongKey(
          read.get(), "how old may it be? (expected: lag-max beside it, such as lag-max: 2s)");
    } else if (read.isEmpty() && lagMax.isPresent()) {
      problems.wrongKey(lagMax.get(), "only near reads have it (expected: read: nearest)");
    }
    read.flatMap(ignored -> route.text("method"))
        .filter(method -> !method.equals("GET") && !method.equals("HEAD"))
        .ifPresent(
            method ->
                problems.wrongKey(
                    read.get(), method + " is never read near (expected: GET, HEAD or no method)"));
    lagMax
        .flatMap(value -> checks.format(value, Formats::duration))
        .filter(time -> time.compareTo(LAG_MIN) < 0 || time.compareTo(LAG_MAX) > 0)
        .ifPresent(
            time ->
                problems.wrong(
                    lagMax.get(),
                    Formats.write(time)
                        + " (expected: "
                        + Formats.write(LAG_MIN)
                        + " to "
                        + Formats.write(LAG_MAX)
                        + ")"));
  }

  private void variable(
      PathPattern pattern, Cursor route, Optional<Cursor> slotOf, boolean identityIsTold) {
    if (pattern.variables().contains(IDENTITY)) {
      problems.wrong(
          route.get("path").orElseThrow(),
          "{identity} is taken by slot-of: identity (expected: another name)");
    }
    String name = slotOf.flatMap(Cursor::text).orElse(IDENTITY);
    if (name.equals(IDENTITY)) {
      if (slotOf.isPresent() && !identityIsTold) {
        problems.wrong(
            slotOf.get(),
            "nothing says who the caller is (expected: edge.identity with at least one source)");
      }
    } else if (!pattern.variables().contains(name)) {
      problems.wrong(
          slotOf.orElseThrow(),
          "'"
              + name
              + "' is not in the path (allowed: "
              + String.join(", ", allowed(pattern))
              + ")");
    }
  }

  private static List<String> allowed(PathPattern pattern) {
    List<String> allowed = new ArrayList<>(pattern.variables());
    allowed.add(IDENTITY);
    return allowed;
  }

  private void unitOnly(Cursor route, Cursor slotOf) {
    Optional<String> service = route.text("service");
    service
        .flatMap(name -> root.get("services").flatMap(services -> services.get(name)))
        .flatMap(found -> found.text("type"))
        .filter(type -> !type.equals("unit"))
        .ifPresent(
            type ->
                problems.wrong(
                    slotOf,
                    "service "
                        + service.orElseThrow()
                        + " is of type "
                        + type
                        + ", which has no slots (expected: a unit service, or to: nearest)"));
  }

  private void reachable(Cursor route, PathPattern pattern) {
    Optional<String> method = route.text("method");
    served.stream()
        .filter(earlier -> earlier.hides(pattern.shape(), method))
        .findFirst()
        .ifPresent(
            earlier ->
                problems.wrong(
                    route.get("path").orElseThrow(),
                    "never reached: "
                        + earlier.route().path()
                        + " on line "
                        + earlier.route().at().line()
                        + " serves the same (expected: another path or method, or another order)"));
    served.add(new Served(route, pattern.shape(), method));
  }
}
