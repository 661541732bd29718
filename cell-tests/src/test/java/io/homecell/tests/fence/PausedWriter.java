package io.homecell.tests.fence;

import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.process.Secrets;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A service process of its own for {@link PausedProcessIT}: makes one fenced write and stands still
 * between its last statement and its commit until a file appears, then says how the commit ended.
 */
final class PausedWriter {
  static final int SLOT = 17;

  private PausedWriter() {}

  /**
   * Arguments: topology, secrets, and a folder for the files {@code written}, {@code go}, {@code
   * end}.
   */
  public static void main(String[] arguments) throws Exception {
    Topology topology = TopologyFile.read(Path.of(arguments[0]));
    Path folder = Path.of(arguments[2]);
    try (MysqlFencedDatabase database =
        MysqlFencedDatabase.open(
            topology.cell(FenceFixture.CELL),
            "account",
            Secrets.read(Path.of(arguments[1])).of(Secrets.Role.APPLICATION),
            new SettableRoutes(RouteTable.initial(topology)),
            new SimpleMeterRegistry())) {
      String end;
      try {
        database.write(
            List.of(SLOT),
            tx -> {
              tx.update("INSERT INTO entry (slot, v) VALUES (?, ?)", SLOT, 1);
              mark(folder.resolve("written"), "");
              while (!Files.exists(folder.resolve("go"))) {
                LockSupport.parkNanos(1_000_000);
              }
              return 1;
            });
        end = "committed";
      } catch (RuntimeException e) {
        end = e.getClass().getSimpleName();
      }
      mark(folder.resolve("end"), end);
    }
  }

  private static void mark(Path file, String text) {
    try {
      Path half = file.resolveSibling(file.getFileName() + ".half");
      Files.writeString(half, text);
      Files.move(half, file);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
