package io.homecell.router.path;

import io.homecell.core.topology.Topology.EdgeRoute;
import io.homecell.core.topology.Topology.Target;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the route of a request: the first of the topology's that has its path and method. Pure,
 * immutable.
 */
public final class RouteMatcher {
  /** What was found. */
  public sealed interface Found {
    /**
     * A route.
     *
     * @param index its place in the topology, a small number for metrics
     * @param key the value of the path variable that carries the slot; empty if another thing does
     * @param variables the names of the path's variables, in order
     * @param values theirs
     */
    record Route(
        int index,
        EdgeRoute route,
        Optional<String> key,
        List<String> variables,
        List<String> values)
        implements Found {
      /** The value of a path variable; empty if there is no such. */
      public String variable(String name) {
        int at = variables.indexOf(name);
        return at < 0 ? "" : values.get(at);
      }
    }

    /** The path could be read in two ways. */
    record NotPlain() implements Found {}

    /** Routes have this path, none has the method. */
    record WrongMethod(Set<String> allowed) implements Found {}

    /** No route has this path. */
    record Nothing() implements Found {}
  }

  private record Compiled(int index, EdgeRoute route, PathPattern pattern, int keyVariable) {
    boolean serves(String method) {
      return route.method().isEmpty()
          || route.method().get().equals(method)
          || (method.equals("HEAD") && route.method().get().equals("GET"));
    }

    Found found(List<String> values) {
      return new Found.Route(
          index,
          route,
          keyVariable < 0 ? Optional.empty() : Optional.of(values.get(keyVariable)),
          pattern.variables(),
          values);
    }
  }

  private static final Found NOTHING = new Found.Nothing();

  private final List<Compiled> routes;

  /**
   * @throws IllegalArgumentException if a path is malformed or lacks the variable that its slot is
   *     of
   */
  public RouteMatcher(List<EdgeRoute> routes) {
    List<Compiled> compiled = new ArrayList<>();
    for (EdgeRoute route : routes) {
      PathPattern pattern = PathPattern.parse(route.path());
      compiled.add(new Compiled(compiled.size(), route, pattern, keyVariable(route, pattern)));
    }
    this.routes = List.copyOf(compiled);
  }

  private static int keyVariable(EdgeRoute route, PathPattern pattern) {
    if (!(route.target() instanceof Target.SlotOfVariable slotOf)) {
      return -1;
    }
    int index = pattern.variables().indexOf(slotOf.variable());
    if (index < 0) {
      throw new IllegalArgumentException(
          "route "
              + route.path()
              + " slot-of: '"
              + slotOf.variable()
              + "' (expected: one of "
              + pattern.variables()
              + ")");
    }
    return index;
  }

  /** The first route of this method and path. */
  public Found find(String method, String path) {
    Set<String> allowed = null;
    for (Compiled candidate : routes) {
      Optional<List<String>> values = candidate.pattern.match(path);
      if (values.isEmpty()) {
        continue;
      }
      if (candidate.serves(method)) {
        return candidate.found(values.get());
      }
      if (allowed == null) {
        allowed = new LinkedHashSet<>();
      }
      candidate.route.method().ifPresent(allowed::add);
    }
    return allowed == null ? NOTHING : new Found.WrongMethod(allowed);
  }
}
