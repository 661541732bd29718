package io.homecell.core.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.testing.Eventually;
import io.homecell.core.testing.ZooKeeperFixture;
import io.homecell.core.topology.Topology;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class InstanceDirectoryIT {
  private static final Instance ONE = new Instance("account", "north-1", "a1", "127.0.0.1", 1);
  private static final Instance TWO = new Instance("account", "north-1", "a2", "127.0.0.1", 2);
  private static final Instance OTHER = new Instance("account", "north-2", "a3", "127.0.0.1", 3);

  private static CuratorFramework registry(ZooKeeperFixture zookeeper) {
    return Coordination.connectRegistry(
        new Topology.Datacenter(
            "north",
            "beijing",
            new Topology.Endpoint("127.0.0.1", 1),
            zookeeper.connectString() + "/north"),
        Duration.ofSeconds(6));
  }

  @Test
  void followsInstancesAndKeepsThemWhileTheRegistryIsAway() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start();
        CuratorFramework own = registry(zookeeper);
        CuratorFramework reader = registry(zookeeper)) {
      try (InstanceDirectory directory = InstanceDirectory.start(reader, "account", "trade");
          AutoCloseable other = InstanceRegistry.register(own, OTHER);
          AutoCloseable two = InstanceRegistry.register(own, TWO)) {
        AutoCloseable one = InstanceRegistry.register(own, ONE);
        assertThat(other).isNotNull();
        assertThat(two).isNotNull();
        Eventually.holds(
            () -> assertThat(directory.of("account", "north-1")).containsExactly(ONE, TWO));
        Eventually.holds(
            () -> assertThat(directory.of("account")).containsExactly(ONE, TWO, OTHER));
        assertThat(directory.of("trade", "north-1")).isEmpty();

        own.create().forPath("/instances/account/broken", "?".getBytes(StandardCharsets.UTF_8));
        zookeeper.endSession(own);
        Eventually.holds(
            () -> assertThat(directory.of("account", "north-1")).containsExactly(ONE, TWO));

        zookeeper.stop();
        assertThat(
                Eventually.stays(
                    Duration.ofSeconds(1), () -> directory.of("account", "north-1").size() == 2))
            .isTrue();
        zookeeper.restart();
        Eventually.holds(() -> assertThat(own.checkExists().forPath("/instances")).isNotNull());
        one.close();
        Eventually.holds(() -> assertThat(directory.of("account", "north-1")).containsExactly(TWO));
      }
    }
  }
}
