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
  void nobodyDeclaresALossWithoutKnowingWhoIsAskedInFailsafeMode() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start()) {
      DatacenterStates states = new DatacenterStates(zookeeper.client());
      FailsafeRecord record = new FailsafeRecord(zookeeper.client());
      // A coordinator whose topology has no failsafe mode reads; then another switches it on.
      FailsafeRecord.Content off = record.agree("");
      FailsafeRecord.Content on = record.agree("north=a:1 south=b:1");
      assertThat(on.members()).isEqualTo("north=a:1 south=b:1");
      assertThatThrownBy(() -> states.declareLost("north", DatacenterState.ABSENT, off))
          .isInstanceOf(StaleStateException.class);
      assertThat(states.read("north").isLost()).isFalse();
      // Neither it nor one with other members can change what is recorded.
      assertThat(record.agree("")).isEqualTo(on);
      assertThat(record.agree("north=c:1 south=b:1")).isEqualTo(on);
      assertThat(states.declareLost("north", DatacenterState.ABSENT, on))
          .isEqualTo(states.read("north"))
          .isEqualTo(new DatacenterState(State.LOST, 1, 0));
      assertThat(new StateProof(zookeeper.client(), "north").within(Duration.ofSeconds(10)))
          .hasValue(new StateProof.Proof(states.read("north"), on.members()));
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
