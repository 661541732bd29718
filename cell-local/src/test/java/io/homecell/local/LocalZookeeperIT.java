package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Endpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LocalZookeeperIT {
  @TempDir private Path folder;
  private final Endpoint endpoint = new Endpoint("127.0.0.1", FreePorts.takeOne());

  private CuratorFramework connect() {
    return Coordination.connect(
        new Topology.Coordination(
            endpoint.toString(), Duration.ofSeconds(6), Duration.ofSeconds(8)));
  }

  @Test
  void keepsItsNodesOverKillNine() throws Exception {
    try (LocalZookeeper zookeeper = LocalZookeeper.start(folder, endpoint);
        CuratorFramework client = connect()) {
      client.create().creatingParentsIfNeeded().forPath("/a/b", new byte[] {42});
      zookeeper.kill();
    }
    assertThat(LocalZookeeper.serves(endpoint)).isFalse();
    try (LocalZookeeper zookeeper = LocalZookeeper.start(folder, endpoint);
        CuratorFramework client = connect()) {
      assertThat(zookeeper.process().isAlive()).isTrue();
      assertThat(client.getData().forPath("/a/b")).containsExactly(42);
    }
  }

  @Test
  void aTakenPortIsToldWithTheEndOfItsLog() throws IOException {
    try (ServerSocket taken =
        new ServerSocket(endpoint.port(), 1, InetAddress.getLoopbackAddress())) {
      assertThat(taken.isBound()).isTrue();
      assertThatThrownBy(() -> LocalZookeeper.start(folder, endpoint))
          .isInstanceOf(LocalStartException.class)
          .hasMessageContaining("Address already in use");
    }
  }
}
