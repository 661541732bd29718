package io.homecell.core.topology;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The path of an edge route: literal segments, {@code {name}} for one segment, {@code **} at the
 * end for any rest, the empty one included.
 */
record PathPattern(List<String> variables, String shape) {
  private static final Pattern LITERAL = Pattern.compile("[A-Za-z0-9._~!$&'()+,;=:@-]+");
  private static final Pattern VARIABLE = Pattern.compile("\\{([a-z][A-Za-z0-9]{0,31})\\}");

  /**
   * Reads a pattern.
   *
   * @throws IllegalArgumentException naming the segment that is wrong and what is allowed
   */
  static PathPattern parse(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("'" + path + "' (expected: a path that begins with /)");
    }
    if (path.equals("/")) {
      return new PathPattern(List.of(), "/");
    }
    List<String> variables = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    StringBuilder shape = new StringBuilder();
    String[] segments = path.substring(1).split("/", -1);
    for (int index = 0; index < segments.length; index++) {
      String segment = segments[index];
      var variable = VARIABLE.matcher(segment);
      if (variable.matches()) {
        if (!seen.add(variable.group(1))) {
          throw new IllegalArgumentException(
              "'" + path + "': " + segment + " stands twice (expected: each variable once)");
        }
        variables.add(variable.group(1));
        shape.append("/{}");
      } else if (segment.equals("**") && index == segments.length - 1) {
        shape.append("/**");
      } else if (LITERAL.matcher(segment).matches()
          && !segment.equals(".")
          && !segment.equals("..")) {
        shape.append('/').append(segment);
      } else {
        throw new IllegalArgumentException(
            "'"
                + path
                + "': segment '"
                + segment
                + "' (expected: a literal, {name}, or ** as the last one; no empty segment)");
      }
    }
    return new PathPattern(List.copyOf(variables), shape.toString());
  }
}
