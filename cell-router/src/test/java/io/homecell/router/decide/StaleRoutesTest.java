package io.homecell.router.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class StaleRoutesTest {
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private static Topology topology(String north, String south) {
    return TopologyFile.parse(
        "test",
        """
        slots: 4
        coordination: { zookeeper: "127.0.0.1:2181", session-timeout: 6s, lease: 8s }
        datacenters:
          north: { site: n, router: "127.0.0.1:8081", registry: "127.0.0.1:2181/north"%s }
          south: { site: s, router: "127.0.0.1:8082", registry: "127.0.0.1:2181/south"%s }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0-1, mysql: "127.0.0.1:3411" }
          south-1: { datacenter: south, group: g1, slots: 2-3, mysql: "127.0.0.1:3421" }
        services:
          account: { type: unit }
        edge:
          identity: [ "header:X-User-Id" ]
          routes:
            - { path: "/accounts/{user}/**", slot-of: user, service: account }
        """
            .formatted(north, south));
  }

  private static final Decision BY_TABLE = new Decision.Local("account", List.of("north-1"));

  @Test
  void beyondTheLimitAnUnsafeRequestIsRefusedWithTheFigures() {
    StaleRoutes stale = new StaleRoutes(topology("", ""), LIMIT);
    assertThat(stale.orRefused(BY_TABLE, true, Duration.ZERO)).isEqualTo(BY_TABLE);
    assertThat(stale.orRefused(BY_TABLE, true, LIMIT)).isEqualTo(BY_TABLE);
    Refusal refusal =
        ((Decision.Refused) stale.orRefused(BY_TABLE, true, LIMIT.plusSeconds(1))).refusal();
    assertThat(refusal.status()).isEqualTo(503);
    assertThat(refusal.retryAfterSeconds()).isPresent();
    assertThat(refusal.problem().type()).endsWith("routes-stale");
    assertThat(refusal.problem().detail()).contains("301 s ago", "limit 300 s");
  }

  @Test
  void aSafeRequestGoesOn() {
    StaleRoutes stale = new StaleRoutes(topology("", ""), LIMIT);
    assertThat(stale.orRefused(BY_TABLE, false, Duration.ofDays(1))).isEqualTo(BY_TABLE);
  }

  @Test
  void whereFailsafeModeIsOnThereIsNoLimit() {
    StaleRoutes stale =
        new StaleRoutes(
            topology(", failsafe: [ \"127.0.0.1:9001\" ]", ", failsafe: [ \"127.0.0.1:9002\" ]"),
            LIMIT);
    assertThat(stale.orRefused(BY_TABLE, true, Duration.ofDays(1))).isEqualTo(BY_TABLE);
  }
}
