package io.homecell.router.path;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A route's path: literal segments, {@code {name}} for one segment that is not empty, {@code **} at
 * the end for any rest, the empty one included.
 *
 * <p>A path is compared as it was sent, percent escapes untouched: what the router did not
 * recognise literally, it does not forward. Immutable.
 */
public final class PathPattern {
  private static final String REST = "**";

  private final String text;
  private final List<String> segments;
  private final List<String> variables;
  private final boolean[] variable;
  private final boolean rest;

  private PathPattern(String text, List<String> segments, boolean rest) {
    this.text = text;
    this.segments = List.copyOf(segments);
    this.rest = rest;
    this.variable = new boolean[segments.size()];
    List<String> names = new ArrayList<>();
    for (int i = 0; i < variable.length; i++) {
      String segment = segments.get(i);
      variable[i] = segment.startsWith("{") && segment.endsWith("}");
      if (variable[i]) {
        names.add(segment.substring(1, segment.length() - 1));
      }
    }
    this.variables = List.copyOf(names);
  }

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException if it does not start with a slash, or has {@code **} elsewhere
   *     than at its end
   */
  public static PathPattern parse(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("path: '" + text + "' (expected: /...)");
    }
    List<String> segments = new ArrayList<>(List.of(text.substring(1).split("/", -1)));
    boolean rest = segments.get(segments.size() - 1).equals(REST);
    if (rest) {
      segments.remove(segments.size() - 1);
    }
    if (segments.contains(REST)) {
      throw new IllegalArgumentException("path: '" + text + "' (expected: ** only at the end)");
    }
    return new PathPattern(text, segments, rest);
  }

  /** The names of the variables, in order. */
  public List<String> variables() {
    return variables;
  }

  /** The values of the variables in order, if the path is one of this pattern's. */
  public Optional<List<String>> match(String path) {
    if (path.isEmpty() || path.charAt(0) != '/') {
      return Optional.empty();
    }
    List<String> values = variables.isEmpty() ? List.of() : new ArrayList<>(variables.size());
    int at = 1;
    boolean more = true;
    for (int i = 0; i < variable.length; i++) {
      if (!more) {
        return Optional.empty();
      }
      int slash = path.indexOf('/', at);
      int end = slash < 0 ? path.length() : slash;
      if (variable[i]) {
        if (end == at) {
          return Optional.empty();
        }
        values.add(path.substring(at, end));
      } else if (!matchesLiteral(segments.get(i), path, at, end)) {
        return Optional.empty();
      }
      more = slash >= 0;
      at = end + 1;
    }
    return more && !rest && variable.length > 0 ? Optional.empty() : Optional.of(values);
  }

  private static boolean matchesLiteral(String literal, String path, int from, int to) {
    return literal.length() == to - from && path.startsWith(literal, from);
  }

  @Override
  public String toString() {
    return text;
  }
}
