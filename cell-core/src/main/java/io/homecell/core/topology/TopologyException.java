package io.homecell.core.topology;

import java.util.List;
import java.util.stream.Collectors;

/** A topology that can't be used; names every problem in one go. */
public final class TopologyException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * One problem.
   *
   * @param file the name of the file
   * @param line from 1
   * @param column from 1
   * @param path such as {@code cells.south-1.slots}
   * @param message what is wrong and what is allowed
   */
  public record Problem(String file, int line, int column, String path, String message)
      implements java.io.Serializable {
    @Override
    public String toString() {
      return file + ":" + line + ":" + column + " " + path + ": " + message;
    }
  }

  private final List<Problem> problems;

  public TopologyException(List<Problem> problems) {
    super(
        problems.size()
            + (problems.size() == 1 ? " problem:\n" : " problems:\n")
            + problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  public List<Problem> problems() {
    return problems;
  }
}
