package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.proxy.TrustedProxies;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Two questions with an answer each: who may name a user ({@code edge.trusted}), and who may say
 * where a request came from ({@code HOMECELL_TRUSTED_PROXIES}). Neither follows from the other.
 */
@Timeout(30)
class TrustIT {
  private final LoneRouter edge = new LoneRouter();

  @AfterEach
  void stop() {
    edge.close();
  }

  private LoneRouter.Running start(String mayNameUsers, String mayNameOrigins) {
    Topology topology =
        TopologyFile.parse(
            "test", edge.topology(LoneRouter.ROUTES + "\n  trusted: [ \"" + mayNameUsers + "\" ]"));
    return edge.start(
        PortClaim.ALONE,
        LoneRouter.settings()
            .withOperation(Operation.standard().withFarewell(Duration.ZERO))
            .withClients(ClientTerms.standard().withTrusted(TrustedProxies.parse(mayNameOrigins))),
        Optional.empty(),
        topology,
        new FixedRoutes(RouteTable.initial(topology)));
  }

  private String ask(String path) throws Exception {
    try (RawClient client = new RawClient(edge.port).within(10_000)) {
      client.send(
          "GET "
              + path
              + " HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nX-Forwarded-For: 9.9.9.9\r\n"
              + "Connection: close\r\n\r\n");
      return client.readAll();
    }
  }

  @Test
  void aLoadBalancerThatMayNotNameUsers() throws Exception {
    try (Router router = start("10.0.0.0/8", "127.0.0.1").router()) {
      assertThat(ask("/orders")).startsWith("HTTP/1.1 400 ").contains("/problems/user-unknown");
      assertThat(ask("/accounts/1")).startsWith("HTTP/1.1 200 ");
      FakeCell.Seen seen = edge.cell.seen.get(0);
      assertThat(seen.headers().get("X-Forwarded-For")).isEqualTo("9.9.9.9, 127.0.0.1");
      assertThat(seen.headers().contains("Cell-User")).isFalse();
    }
  }

  @Test
  void aGatewayThatMayNotNameOrigins() throws Exception {
    try (Router router = start("127.0.0.1", "10.0.0.0/8").router()) {
      assertThat(ask("/orders")).startsWith("HTTP/1.1 200 ");
      FakeCell.Seen seen = edge.cell.seen.get(0);
      assertThat(seen.headers().get("Cell-User")).isEqualTo("1");
      assertThat(seen.headers().get("X-Forwarded-For")).isEqualTo("127.0.0.1");
    }
  }
}
