package io.homecell.coordinator.jobs;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Instant;
import org.apache.curator.framework.CuratorFramework;

/**
 * A coordinator's part in the jobs as a process of its own, to be killed: each run writes its begin
 * and its end into a common file.
 */
public final class JobProcess {
  private JobProcess() {}

  /** Arguments: topology file, instance, datacenter, file of runs. */
  public static void main(String[] arguments) throws Exception {
    Topology topology = TopologyFile.read(Path.of(arguments[0]));
    CuratorFramework client = Coordination.connect(topology.coordination());
    Path file = Path.of(arguments[3]);
    JobWork work =
        due -> {
          String name = due.job() + due.cell().map(cell -> "@" + cell).orElse("");
          String what = name + " " + due.dueAt() + " " + due.epoch() + " " + arguments[1];
          write(file, "BEGIN " + Instant.now() + " " + what);
          Thread.sleep(150);
          write(file, "END " + Instant.now() + " " + what);
          return "done";
        };
    Jobs.start(topology, client, arguments[1], arguments[2], work, Clock.systemUTC());
    write(file, "READY " + Instant.now() + " " + arguments[1]);
    Thread.currentThread().join();
  }

  private static void write(Path file, String line) {
    try {
      Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
