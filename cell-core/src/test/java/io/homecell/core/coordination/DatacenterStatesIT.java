package io.homecell.core.coordination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.coordination.DatacenterState.State;
import io.homecell.core.testing.ZooKeeperFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DatacenterStatesIT {
  @Test
  void isActiveUntilDeclaredLostByCompareAndSet() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start()) {
      DatacenterStates states = new DatacenterStates(zookeeper.client());
      DatacenterState never = states.read("north");
      assertThat(never).isEqualTo(new DatacenterState(State.ACTIVE, 0, DatacenterState.ABSENT));
      DatacenterState lost = states.declareLost("north", never.version());
      assertThat(lost)
          .isEqualTo(new DatacenterState(State.LOST, 1, 0))
          .isEqualTo(states.read("north"));
      assertThatThrownBy(() -> states.declareLost("north", never.version()))
          .isInstanceOf(StaleStateException.class);
      DatacenterState back = states.markActive("north", lost.version());
      assertThat(back).isEqualTo(new DatacenterState(State.ACTIVE, 2, 1));
      assertThatThrownBy(() -> states.declareLost("north", lost.version()))
          .isInstanceOf(StaleStateException.class);
      assertThat(states.read("south").isLost()).isFalse();
    }
  }

  @Test
  void aStateThatCantBeReadIsNoPermission() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start()) {
      CuratorFramework client = zookeeper.client();
      for (String text : new String[] {"", "{}", "{\"state\":\"FINE\"}", "ACTIVE"}) {
        assertThatThrownBy(() -> DatacenterStates.parse(text.getBytes(StandardCharsets.UTF_8), 1))
            .isInstanceOf(CoordinationException.class);
      }
      assertThat(client.getZookeeperClient().isConnected()).isTrue();
    }
  }

  @Test
  void theRegistrysPathIsMade() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start();
        CuratorFramework registry =
            Coordination.connectRegistry(
                new io.homecell.core.topology.Topology.Datacenter(
                    "north",
                    "beijing",
                    new io.homecell.core.topology.Topology.Endpoint("127.0.0.1", 1),
                    zookeeper.connectString() + "/dubbo/north"),
                Duration.ofSeconds(6))) {
      registry.create().creatingParentsIfNeeded().forPath("/instances/x");
      assertThat(zookeeper.client().checkExists().forPath("/dubbo/north/instances/x")).isNotNull();
    }
  }
}
