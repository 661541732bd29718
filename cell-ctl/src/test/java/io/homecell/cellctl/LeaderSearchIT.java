package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.Coordination;
import io.homecell.local.FreePorts;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command line finds the coordinator that leads through a real ZooKeeper. */
@Timeout(90)
class LeaderSearchIT {
  private static final String COORDINATORS = "/homecell/coordinators";

  @TempDir private Path folder;

  @Test
  void aDeadLeaderIsWaitedForUntilAnotherOneLeads() throws Exception {
    CellctlRun cellctl = new CellctlRun(folder);
    var coordination = cellctl.topology().topology().coordination();
    int port = Integer.parseInt(coordination.zookeeper().split(":", -1)[1]);
    try (TestingServer server = new TestingServer(port);
        CuratorFramework client = Coordination.connect(coordination);
        FakeCoordinator living = new FakeCoordinator()) {
      assertThat(server.getPort()).isEqualTo(port);
      living.on("GET /admin/operations", 200, "{\"items\":[]}");
      String deadAddress = "http://127.0.0.1:" + FreePorts.takeOne();
      LeaderLatch dead = new LeaderLatch(client, COORDINATORS, deadAddress);
      dead.start();
      assertThat(dead.await(10, TimeUnit.SECONDS)).isTrue();
      try (LeaderLatch next =
          new LeaderLatch(client, COORDINATORS, "http://127.0.0.1:" + living.port())) {
        next.start();
        CompletableFuture<CellctlRun.Result> command =
            CompletableFuture.supplyAsync(() -> cellctl.run("operation", "list"));
        // Its session ends, as it does some seconds after its process has died.
        while (!cellctl.saidSoFar().contains("waiting") && !command.isDone()) {
          Thread.sleep(20);
        }
        dead.close();
        CellctlRun.Result result = command.get(60, TimeUnit.SECONDS);
        assertThat(result.exitCode()).as(result.err()).isZero();
        assertThat(result.out()).contains("no operation yet");
        assertThat(result.err()).contains(deadAddress).contains("waiting for another one to lead");
      }
    }
  }
}
