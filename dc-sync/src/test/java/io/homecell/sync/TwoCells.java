package io.homecell.sync;

import io.homecell.local.TestTopology;
import java.nio.file.Path;

/** North and south. */
public final class TwoCells extends Cells {
  private TwoCells(Path folder) {
    super(folder, TestTopology.create(folder));
  }

  public static TwoCells start(Path folder) {
    return new TwoCells(folder);
  }
}
