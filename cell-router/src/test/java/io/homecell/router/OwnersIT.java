package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What another gateway is told of a request. */
@Timeout(60)
class OwnersIT {
  private final LoneRouter edge = new LoneRouter();
  private final int owners = FreePort.next();
  private final OneTable table =
      new OneTable(RouteTable.initial(TopologyFile.parse("t", edge.topology(LoneRouter.ROUTES))));
  private LoneRouter.Running running;

  @BeforeEach
  void start() {
    Topology topology = TopologyFile.parse("test", edge.topology(LoneRouter.ROUTES));
    running =
        edge.start(
            PortClaim.ALONE,
            LoneRouter.settings()
                .withOperation(
                    Operation.standard()
                        .withOwnersAt(new Topology.Endpoint(LoneRouter.HOST, owners))),
            Optional.empty(),
            topology,
            table);
  }

  @AfterEach
  void stop() throws Exception {
    running.router().close();
    edge.close();
  }

  private String ask(String head) throws IOException {
    try (RawClient client = new RawClient(owners)) {
      client.send(head + "\r\nHost: h\r\nConnection: close\r\n\r\n");
      return client.readAll().toLowerCase(Locale.ROOT);
    }
  }

  private String ask(String path, String method, String uri, String user) throws IOException {
    return ask(
        "GET "
            + path
            + " HTTP/1.1\r\nX-Original-Method: "
            + method
            + "\r\nX-Original-URI: "
            + uri
            + "\r\nX-User-Id: "
            + user);
  }

  private String cell() {
    return "cell-upstream: 127.0.0.1:" + edge.cell.port() + "\r\n";
  }

  private String router() {
    return "cell-upstream: 127.0.0.1:" + edge.port + "\r\n";
  }

  @ParameterizedTest
  @CsvSource({"/auth", "/auth/nginx"})
  void theOwnerOfARequest(String path) throws Exception {
    assertThat(ask(path, "POST", "/accounts/1/deposits?x=1", "17"))
        .startsWith("http/1.1 200")
        .contains(cell(), "cell-owner: north-1\r\n", "cell-slot: 1\r\n", "cell-epoch: 1\r\n")
        .contains("cell-user: 17\r\n");
    assertThat(ask(path, "GET", "/orders", "9"))
        .startsWith("http/1.1 200")
        .contains("cell-upstream: 127.0.0.1:4\r\n", "cell-owner: south-1\r\n", "cell-slot: 9\r\n");
    assertThat(ask(path, "GET", "/products/a", "9"))
        .startsWith("http/1.1 200")
        .contains(cell())
        .doesNotContain("cell-slot");
  }

  @Test
  void asEnvoyAsks() throws Exception {
    assertThat(ask("POST /auth/envoy/orders?x=1 HTTP/1.1\r\nX-User-Id: 1"))
        .startsWith("http/1.1 200")
        .contains(cell(), "cell-user: 1\r\n");
    assertThat(ask("POST /auth/envoy/nowhere HTTP/1.1\r\nX-User-Id: 1")).startsWith("http/1.1 404");
    assertThat(ask("POST /auth/envoy-fallback/orders?x=1 HTTP/1.1\r\nX-User-Id: 1"))
        .startsWith("http/1.1 200")
        .contains(cell(), "cell-user: 1\r\n");
    assertThat(ask("POST /auth/envoy-fallback/nowhere HTTP/1.1\r\nX-User-Id: 1"))
        .startsWith("http/1.1 200")
        .contains(router());
  }

  @ParameterizedTest
  @CsvSource({
    "GET,  /nowhere,         1,     404, unknown-route",
    "GET,  /accounts/x,      1,     400, bad-id",
    "GET,  /orders,          seven, 400, user-not-an-id",
    "GET,  /accounts/1/../9, 1,     400, bad-path",
  })
  void whatTheRouterWouldRefuse(String method, String uri, String user, int status, String kind)
      throws Exception {
    assertThat(ask("/auth", method, uri, user))
        .startsWith("http/1.1 " + status)
        .contains("/problems/" + kind)
        .doesNotContain("cell-upstream");
    assertThat(ask("/auth/nginx", method, uri, user)).startsWith("http/1.1 200").contains(router());
  }

  @Test
  void aSlotThatMoves() throws Exception {
    table.publish(table.current().withMoving(List.of(1), "south-1"));
    assertThat(ask("/auth", "POST", "/accounts/1/x", "1"))
        .startsWith("http/1.1 503")
        .contains("retry-after: 1\r\n", "/problems/slot-moving");
    assertThat(ask("/auth/nginx", "POST", "/accounts/1/x", "1")).contains(router());
    assertThat(ask("/auth", "GET", "/accounts/1/x", "1")).contains(cell());
  }

  @Test
  void aQuestionThatIsNone() throws Exception {
    String twice = "X-Original-Method: GET\r\nX-Original-URI: /orders\r\nX-Original-URI: /orders";
    for (String head :
        List.of(
            "GET /auth HTTP/1.1",
            "GET /auth HTTP/1.1\r\n" + twice,
            "GET /other HTTP/1.1\r\nX-Original-Method: GET\r\nX-Original-URI: /orders",
            "GET /auth HTTP/1.1\r\nX-Original-Method: GET\r\nX-Original-URI: http://h/orders")) {
      assertThat(ask(head)).as(head).startsWith("http/1.1 400").contains("/problems/bad-question");
    }
  }

  @Test
  void noRouterKeyIsBelievedHere() throws Exception {
    assertThat(
            ask(
                "GET /auth HTTP/1.1\r\nX-Original-Method: GET\r\nX-Original-URI: /orders\r\n"
                    + "Cell-Hop: south\r\nCell-User: 1\r\nCell-Hop-Key: "
                    + Deployment.KEY))
        .startsWith("http/1.1 400")
        .contains("/problems/user-unknown");
  }

  @Test
  void thePortForQuestionsIsHandedOverToo() throws Exception {
    Topology topology = running.parts().topology();
    LoneRouter.Running next =
        edge.start(
            PortClaim.TAKE_OVER, running.parts().settings(), Optional.empty(), topology, table);
    running.router().close();
    running = next;
    assertThat(ask("/auth", "GET", "/orders", "1")).contains(cell());
    assertThat(next.metrics().get("hc_router_owner_answers").counter().count()).isEqualTo(1);
  }
}
