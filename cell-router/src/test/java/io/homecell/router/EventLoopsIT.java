package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThatCode;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.proxy.PeerKey;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A router that starts has as many threads at work as it has event loops: it checks it itself. */
@Timeout(60)
class EventLoopsIT {
  private static final Topology TOPOLOGY =
      TopologyFile.parse(
          "test",
          """
          slots: 1
          coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
          datacenters:
            here: { site: here, router: "127.0.0.1:2", registry: "127.0.0.1:1/here" }
          cells:
            here-1: { datacenter: here, group: g1, slots: 0-0, mysql: "127.0.0.1:3" }
          services:
            account: { type: unit }
          edge:
            identity: [ "header:X-User-Id" ]
            routes:
              - { path: "/accounts/{user}/**", slot-of: user, service: account }
          """);

  private static void startAndClose(int loops, Duration warmUp) throws Exception {
    RouterSettings settings = RouterSettings.standard().withEventLoops(loops).withWarmUp(warmUp);
    Router.start(
            new RouterParts(
                TOPOLOGY,
                "here",
                new FixedRoutes(RouteTable.initial(TOPOLOGY)),
                (service, cell) -> List.of(),
                new IdentityReader(TOPOLOGY.edge().identity(), Optional.empty()),
                new PeerKey("a shared secret of routers"),
                settings,
                new SimpleMeterRegistry()),
            "127.0.0.1",
            0)
        .close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 8})
  void eachHasAThreadOfItsOwn(int loops) {
    assertThatCode(() -> startAndClose(loops, Duration.ZERO)).doesNotThrowAnyException();
  }

  @Test
  void alsoAfterAWarmUp() {
    assertThatCode(() -> startAndClose(2, Duration.ofMillis(50))).doesNotThrowAnyException();
  }
}
