package io.homecell.core.topology;

import io.homecell.core.topology.TopologyException.Problem;
import io.homecell.core.topology.YamlValue.Position;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects everything that is wrong with one file, so that it is told in one go. */
final class Problems {
  private final String file;
  private final List<Problem> problems = new ArrayList<>();
  private final Set<String> paths = new HashSet<>();

  Problems(String file) {
    this.file = file;
  }

  void add(Position at, String path, String message) {
    problems.add(new Problem(file, at.line(), at.column(), path, message));
    paths.add(path);
  }

  /** About a value that is there and wrong. */
  void wrong(Cursor value, String message) {
    add(value.at(), value.path(), message);
  }

  /** About a key, or about something that is missing below it. */
  void wrongKey(Cursor value, String message) {
    add(value.keyAt(), value.path(), message);
  }

  /** Whether something is told about exactly this path. */
  boolean concern(String path) {
    return paths.contains(path);
  }

  /** Whether something is told about a key of this value. */
  boolean concernBelow(Cursor value) {
    return value.entries().stream().anyMatch(entry -> concern(entry.path()));
  }

  /**
   * Ends the check.
   *
   * @throws TopologyException if there is any problem, with all of them in the order of the file
   */
  void throwIfAny() {
    if (!problems.isEmpty()) {
      throw new TopologyException(
          problems.stream()
              .distinct()
              .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
              .toList());
    }
  }
}
