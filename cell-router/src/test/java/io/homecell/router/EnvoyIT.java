package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.identity.TokenVerifier;
import io.homecell.router.proxy.EnvoyDocument;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway that is told what to do by docs/envoy.md, and a router that answers it. */
@Timeout(60)
class EnvoyIT {
  @TempDir Path folder;
  private final LoneRouter edge = new LoneRouter();
  private final FakeCell farRouter = new FakeCell(edge.vertx, "south-router");
  private final int owners = FreePort.next();
  private OneTable table;
  private LoneRouter.Running running;
  private EnvoyStandIn envoy;

  @BeforeEach
  void start() throws Exception {
    Topology topology =
        TopologyFile.parse(
            "test",
            edge.topology(LoneRouter.ROUTES)
                .replace("127.0.0.1:4\"", "127.0.0.1:" + farRouter.port() + "\""));
    table = new OneTable(RouteTable.initial(topology));
    running =
        edge.start(
            PortClaim.ALONE,
            LoneRouter.settings()
                .withOperation(
                    Operation.standard()
                        .withFarewell(Duration.ZERO)
                        .withOwnersAt(new Topology.Endpoint(LoneRouter.HOST, owners))),
            Optional.of(
                TokenVerifier.read(
                    Files.writeString(folder.resolve("jwks.json"), "{\"keys\":[]}"))),
            topology,
            table);
    envoy = new EnvoyStandIn(EnvoyDocument.read(), owners);
  }

  @AfterEach
  void stop() throws Exception {
    running.router().close();
    farRouter.close();
    edge.close();
  }

  private static Map.Entry<String, String> user(int id) {
    return Map.entry("x-user-id", Integer.toString(id));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST", "PUT", "DELETE", "PATCH"})
  void aRequestReachesItsOwnerAsItWasSent(String method) throws Exception {
    EnvoyStandIn.Answered answer =
        envoy.send(method, "/accounts/1/deposits?x=%2F&y", List.of(user(1)), "{\"a\":1}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.by()).as("past the router").isEqualTo(edge.cell.port());
    assertThat(answer.header("cell-served-by")).contains("north-1");
    FakeCell.Seen seen = edge.cell.seen.get(0);
    assertThat(seen.method()).isEqualTo(method);
    assertThat(seen.uri()).isEqualTo("/accounts/1/deposits?x=%2F&y");
    assertThat(seen.body()).isEqualTo("{\"a\":1}");
    assertThat(seen.headers().getAll("Cell-User")).containsExactly("1");
    assertThat(seen.headers().get("Host")).isEqualTo("shop.example");
  }

  @Test
  void whatAClientSaysAsTheEdgeIsNotHeard() throws Exception {
    envoy.send(
        "GET",
        "/accounts/1",
        List.of(
            user(1),
            Map.entry("cell-user", "2"),
            Map.entry("cell-upstream", "127.0.0.1:1"),
            Map.entry("cell-near", "3600000"),
            Map.entry("cell-hop", "south")),
        "");
    assertThat(edge.cell.seen.get(0).headers().getAll("Cell-User")).containsExactly("1");
    for (String name : List.of("Cell-Near", "Cell-Hop")) {
      assertThat(edge.cell.seen.get(0).headers().contains(name)).as(name).isFalse();
    }
    EnvoyStandIn.Answered nobody =
        envoy.send("GET", "/orders", List.of(Map.entry("cell-user", "1")), "");
    assertThat(nobody.status()).isEqualTo(400);
    assertThat(nobody.body()).contains("/problems/user-unknown");
  }

  @Test
  void aRequestOfAnotherDatacenterGoesToItsRouter() throws Exception {
    EnvoyStandIn.Answered answer = envoy.send("POST", "/orders", List.of(user(9)), "o");
    assertThat(answer.body()).isEqualTo("south-router");
    assertThat(edge.cell.seen).isEmpty();
  }

  @Test
  void whatTheRouterRefusesItSaysItself() throws Exception {
    EnvoyStandIn.Answered unknown = envoy.send("GET", "/nowhere", List.of(user(1)), "");
    assertThat(unknown.by()).isEqualTo(edge.port);
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body()).contains("/problems/unknown-route");
    assertThat(unknown.header("content-type")).contains("application/problem+json");
  }

  @Test
  void aBadTokenGoesNowhere() throws Exception {
    EnvoyStandIn.Answered refused =
        envoy.send(
            "GET", "/orders", List.of(Map.entry("authorization", "Bearer no-such-token")), "");
    assertThat(refused.status()).isEqualTo(401);
    assertThat(refused.by()).as("Envoy's own answer").isZero();
    assertThat(refused.body()).contains("/problems/token-refused");
    assertThat(refused.header("content-type")).contains("application/problem+json");
    assertThat(refused.header("www-authenticate")).isPresent();
    assertThat(edge.cell.seen).isEmpty();
  }

  @Test
  void aSlotThatMovesIsWaitedForInTheRouter() throws Exception {
    table.publish(table.current().withMoving(List.of(1), "south-1"));
    FutureTask<EnvoyStandIn.Answered> held =
        new FutureTask<>(() -> envoy.send("POST", "/accounts/1/x", List.of(user(1)), "b"));
    Thread client = new Thread(held, "client");
    client.start();
    Deployment.await("it is held", () -> running.router().held() == 1);
    table.publish(table.current().withOwners(Map.of(1, SlotRoute.open("south-1", 2))));
    EnvoyStandIn.Answered answer = held.get(20, TimeUnit.SECONDS);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.by()).as("held in the router").isEqualTo(edge.port);
    assertThat(answer.body()).isEqualTo("south-router");
    assertThat(farRouter.seen).hasSize(1);
    client.join();
  }

  /** The gap that the document admits. */
  @Test
  void aCellThatHasLostTheSlotIsHeardByTheClient() throws Exception {
    edge.cell.answer(edge.cell.misdirected(1, 2));
    EnvoyStandIn.Answered answer = envoy.send("POST", "/accounts/1/x", List.of(user(1)), "b");
    assertThat(answer.status()).isEqualTo(421);
    assertThat(answer.header("cell-slot")).isEmpty();
    assertThat(answer.header("cell-epoch")).isEmpty();
  }
}
