package io.homecell.sync.pipeline;

import io.homecell.core.topology.Topology;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The same with the log itself as the capture. */
class BinlogCopyTablesIT extends CopyTablesIT {
  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    CopyTablesIT.start(folder);
    cells.captureBy(Topology.Capture.BINLOG);
  }
}
