package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.upstream.Upstream;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A router takes the port of another over, and no client has to know. */
@Timeout(60)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the port is handed over by the kernel of Linux")
class HandOverIT {
  private static final String HOST = "127.0.0.1";

  private record Running(Router router, SimpleMeterRegistry metrics) {
    double served() {
      return metrics.find("hc_router_requests").tag("outcome", "2xx").counters().stream()
          .mapToDouble(Counter::count)
          .sum();
    }
  }

  private Vertx vertx;
  private FakeCell cell;
  private int port;

  @BeforeEach
  void start() throws IOException {
    vertx = Vertx.vertx();
    cell = new FakeCell(vertx, "north-1");
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
  }

  @AfterEach
  void stop() {
    cell.close();
    Router.await(vertx.close(), Duration.ofSeconds(10));
  }

  private Running router(PortClaim claim) {
    Topology topology =
        TopologyFile.parse(
            "test",
            """
            slots: 1
            coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
            datacenters:
              north: { site: here, router: "127.0.0.1:%d", registry: "127.0.0.1:1/here" }
            cells:
              north-1: { datacenter: north, group: g1, slots: 0-0, mysql: "127.0.0.1:3" }
            services:
              account: { type: unit }
            edge:
              identity: [ "header:X-User-Id" ]
              routes:
                - { path: "/accounts/{user}/**", slot-of: user, service: account }
            """
                .formatted(port));
    SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    RouterParts parts =
        new RouterParts(
            topology,
            "north",
            new FixedRoutes(RouteTable.initial(topology)),
            (service, name) -> List.of(new Upstream("north-1", HOST, cell.port())),
            new IdentityReader(topology.edge().identity(), Optional.empty()),
            new PeerKey(Deployment.KEY),
            RouterSettings.standard().withWarmUp(Duration.ZERO).withEventLoops(2),
            metrics);
    return new Running(Router.start(parts, HOST, port, claim), metrics);
  }

  @Test
  void noRequestFailsWhileOneRouterAfterAnotherTakesThePortOver() throws Exception {
    Running serving = router(PortClaim.ALONE);
    try (SteadyLoad load = new SteadyLoad(port)) {
      load.awaitAnswers(500);
      for (int i = 0; i < 4; i++) {
        Running next = router(PortClaim.TAKE_OVER);
        load.awaitAnswers(200);
        double before = serving.served();
        serving.router().close();
        assertThat(before).isPositive();
        assertThat(next.served()).isPositive();
        serving = next;
        load.awaitAnswers(200);
      }
      load.close();
      assertThat(load.failures).as("of %d requests", load.answers.get()).isEmpty();
    } finally {
      serving.router().close();
    }
  }

  @Test
  void theOneBeforeGetsNoNewConnection() throws Exception {
    Running older = router(PortClaim.ALONE);
    Running newer = router(PortClaim.TAKE_OVER);
    for (int i = 0; i < 50; i++) {
      assertThat(askOnANewConnection()).startsWith("HTTP/1.1 200");
    }
    assertThat(older.served()).isZero();
    Deployment.await("the newer one has counted them", () -> newer.served() == 50);
    // Its end gives the port back to the one that is left.
    newer.router().close();
    assertThat(askOnANewConnection()).startsWith("HTTP/1.1 200");
    Deployment.await("the older one has counted it", () -> older.served() == 1);
    older.router().close();
  }

  private String askOnANewConnection() throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send("GET /accounts/1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      return client.readAll();
    }
  }

  @Test
  void aClientOfTheOneThatStopsIsToldToConnectAnew() throws Exception {
    Running older = router(PortClaim.ALONE);
    try (RawClient client = new RawClient(port)) {
      client.send("GET /accounts/1 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.readHead()).doesNotContainIgnoringCase("connection: close");
      client.in().readNBytes("north-1".length());
      Running newer = router(PortClaim.TAKE_OVER);
      Thread stopping = new Thread(() -> closeQuietly(older.router()));
      stopping.start();
      Deployment.await("it says farewell", () -> older.router().isStopping());
      client.send("GET /accounts/1 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.readHead()).containsIgnoringCase("connection: close");
      stopping.join();
      assertThat(newer.served()).isZero();
      newer.router().close();
    }
  }

  private static void closeQuietly(Router router) {
    try {
      router.close();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aRouterThatWasStartedTwiceByMistakeDoesNotStart() throws Exception {
    Running one = router(PortClaim.ALONE);
    assertThatThrownBy(() -> router(PortClaim.ALONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("port " + port + " of 127.0.0.1 is taken")
        .hasMessageContaining("HOMECELL_TAKE_OVER=true");
    assertThat(askOnANewConnection()).startsWith("HTTP/1.1 200");
    one.router().close();
  }

  @Test
  void aThirdOneDoesNotComeBetween() throws Exception {
    Running one = router(PortClaim.ALONE);
    Running two = router(PortClaim.TAKE_OVER);
    assertThatThrownBy(() -> router(PortClaim.TAKE_OVER))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is being handed over already");
    one.router().close();
    two.router().close();
  }

  @Test
  void toTakeOverFromNobodyIsToStart() throws Exception {
    Running only = router(PortClaim.TAKE_OVER);
    assertThat(askOnANewConnection()).startsWith("HTTP/1.1 200");
    only.router().close();
  }
}
