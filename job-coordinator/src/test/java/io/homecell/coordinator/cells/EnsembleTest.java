package io.homecell.coordinator.cells;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingCluster;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against real ZooKeeper servers. */
@Timeout(60)
class EnsembleTest {
  @Test
  void whoDoesNotTakePartIsNamedAlsoIfItListens() throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    try (TestingCluster cluster = new TestingCluster(3)) {
      cluster.start();
      String connect = cluster.getConnectString();
      InstanceSpec[] servers = cluster.getInstances().toArray(new InstanceSpec[0]);
      awaitSilent(connect, threads, List.of());
      List<String> all = Ensemble.ask(connect + "/path", threads).servers();
      assertThat(all).hasSize(3);
      cluster.killServer(servers[0]);
      // If it was the leader, the others are silent too until they have another.
      awaitSilent(connect, threads, List.of(servers[0].getHostname() + ":" + servers[0].getPort()));
      // the last one has no quorum any more, listens, and says so
      cluster.killServer(servers[1]);
      awaitSilent(connect, threads, all);
    } finally {
      threads.shutdownNow();
    }
  }

  private static void awaitSilent(String connect, ExecutorService threads, List<String> silent)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (true) {
      Ensemble found = Ensemble.ask(connect, threads);
      if (found.silent().equals(silent)) {
        return;
      }
      assertThat(System.nanoTime()).as("%s", found).isLessThan(deadline);
      Thread.sleep(50);
    }
  }
}
