package io.homecell.coordinator;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.failsafe.FailsafeMode;
import io.homecell.core.lease.LeaseKeeper;
import io.homecell.core.process.Secrets;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.apache.curator.framework.CuratorFramework;

/** The lease keeper of a cell as a process of its own, which a test may stop and continue. */
final class KeeperProcess {
  private KeeperProcess() {}

  /** The topology file, the secrets file, the cell. */
  public static void main(String[] arguments) throws InterruptedException {
    Topology topology = TopologyFile.read(Path.of(arguments[0]));
    Secrets secrets = Secrets.read(Path.of(arguments[1]));
    Topology.Cell cell = topology.cell(arguments[2]);
    CuratorFramework client = Coordination.connect(topology.coordination());
    try (LeaseKeeper keeper =
        LeaseKeeper.start(
            client,
            topology,
            cell.name(),
            secrets.of(Secrets.Role.KEEPER),
            FailsafeMode.of(topology, cell.datacenter(), secrets::edgeHop, () -> 1),
            () -> 1,
            new SimpleMeterRegistry())) {
      System.out.println("keeps the lease of " + cell.name() + ", " + keeper.remaining());
      new CountDownLatch(1).await();
    }
  }
}
