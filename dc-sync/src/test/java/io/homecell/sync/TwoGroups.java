package io.homecell.sync;

import io.homecell.local.TestTopology;
import java.nio.file.Path;

/** North by itself; south and west in another group, which reads north's catalog. */
public final class TwoGroups extends Cells {
  public static final String WEST = ThreeCells.WEST;

  private TwoGroups(Path folder) {
    super(folder, TestTopology.createOfTwoGroups(folder));
  }

  public static TwoGroups start(Path folder) {
    return new TwoGroups(folder);
  }
}
