package io.homecell.sync;

import io.homecell.local.TestTopology;
import java.nio.file.Path;
import java.util.List;

/** North, south and west: every transaction has two ways to each other cell. */
public final class ThreeCells extends Cells {
  public static final String WEST = "west-1";

  /** All of them. */
  public static final List<String> ALL = List.of(NORTH, SOUTH, WEST);

  private ThreeCells(Path folder) {
    super(folder, TestTopology.createOfThree(folder));
  }

  public static ThreeCells start(Path folder) {
    return new ThreeCells(folder);
  }
}
