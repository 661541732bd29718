package io.homecell.sync;

import io.homecell.core.topology.Topology;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The same with the log itself as the capture. */
class BinlogScenariosIT extends ScenariosIT {
  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    start(folder, Topology.Capture.BINLOG);
  }
}
