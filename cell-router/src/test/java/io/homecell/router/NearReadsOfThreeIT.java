package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.proxy.PeerKey;
import io.homecell.router.upstream.Upstream;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A group of three cells, one in each datacenter, and the routers of all three: a read is answered
 * by the cell beside the edge or by the owner, never by the third. North has slots 0 to 4, south 5
 * to 9, west 10 to 15. The cells are stand-ins that answer as {@code NearReads} lets a cell answer;
 * what they have executed, the test says.
 */
@Timeout(60)
class NearReadsOfThreeIT {
  private static final List<String> DATACENTERS = List.of("north", "south", "west");

  private static final Vertx VERTX = Vertx.vertx();
  private static final Map<String, FakeCell> CELLS = new LinkedHashMap<>();
  private static final Map<String, SimpleMeterRegistry> METRICS = new LinkedHashMap<>();
  private static final Deque<AutoCloseable> PARTS = new ArrayDeque<>();

  /** What each cell has of what others have written; a cell in it that is not there is behind. */
  private static final Map<String, Set<String>> EXECUTED = new ConcurrentHashMap<>();

  private static Topology topology;
  private static OneTable table;
  private static EdgeClient edges;

  @BeforeAll
  static void start() {
    List<Integer> ports = Stream.generate(FreePort::next).distinct().limit(3).toList();
    topology = TopologyFile.parse("test", yaml(ports));
    table = new OneTable(RouteTable.initial(topology));
    for (String datacenter : DATACENTERS) {
      FakeCell cell = new FakeCell(VERTX, datacenter + "-1");
      CELLS.put(cell.name, cell);
      cell.answer(request -> answer(cell, request));
      METRICS.put(datacenter, new SimpleMeterRegistry());
    }
    for (String datacenter : DATACENTERS) {
      PARTS.push(
          Router.start(
              new RouterParts(
                  topology,
                  datacenter,
                  table,
                  (service, name) ->
                      List.of(new Upstream(name, LoneRouter.HOST, CELLS.get(name).port())),
                  new IdentityReader(topology.edge(), Optional.empty()),
                  new PeerKey(Deployment.KEY),
                  LoneRouter.settings()
                      .withOperation(Operation.standard().withFarewell(Duration.ZERO)),
                  METRICS.get(datacenter)),
              LoneRouter.HOST,
              topology.datacenter(datacenter).router().port(),
              PortClaim.ALONE));
    }
    HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    edges =
        new EdgeClient() {
          @Override
          public HttpClient client() {
            return client;
          }

          @Override
          public int port(String datacenter) {
            return topology.datacenter(datacenter).router().port();
          }
        };
    asAtFirst();
    // A copy is waited for a second; the first request of all takes long.
    for (String datacenter : DATACENTERS) {
      int elsewhere = datacenter.equals("north") ? 5 : 1;
      Deployment.await("it reads near", () -> isNear(read(datacenter, elsewhere)));
    }
  }

  private static boolean isNear(HttpResponse<String> answer) {
    return answer.headers().firstValue("Homecell-Copy-Age").isPresent();
  }

  private static String yaml(List<Integer> ports) {
    return """
        slots: 16
        coordination: { zookeeper: "127.0.0.1:1", session-timeout: 6s, lease: 8s }
        datacenters:
          north: { site: beijing,  router: "127.0.0.1:%d", registry: "127.0.0.1:1/north" }
          south: { site: shenzhen, router: "127.0.0.1:%d", registry: "127.0.0.1:1/south" }
          west:  { site: chengdu,  router: "127.0.0.1:%d", registry: "127.0.0.1:1/west" }
        cells:
          north-1: { datacenter: north, group: g1, slots: 0-4,   mysql: "127.0.0.1:2" }
          south-1: { datacenter: south, group: g1, slots: 5-9,   mysql: "127.0.0.1:3" }
          west-1:  { datacenter: west,  group: g1, slots: 10-15, mysql: "127.0.0.1:4" }
        services:
          account: { type: unit }
        edge:
          identity: [ "header:X-User-Id" ]
          routes:
            - { path: "/near/{user}", slot-of: user, service: account, read: nearest, lag-max: 2s }
        """
        .formatted(ports.get(0), ports.get(1), ports.get(2));
  }

  /** As a cell: the owner answers all, a copy what it has, nobody what is not asked so. */
  private static void answer(FakeCell cell, HttpServerRequest request) {
    HttpServerResponse response = request.response().putHeader("Cell-Served-By", cell.name);
    cell.note(request, "");
    int slot = Integer.parseInt(request.path().substring("/near/".length())) & 15;
    boolean owner = table.current().of(slot).owner().equals(cell.name);
    if (request.method().name().equals("POST")) {
      String token = "written:" + EXECUTED.get(cell.name).size();
      EXECUTED.get(cell.name).add(token);
      response.putHeader("Homecell-Written", token);
    }
    Optional<String> token = Optional.ofNullable(request.getHeader("Homecell-Read-After"));
    Optional<String> refusal =
        owner ? Optional.empty() : token.filter(t -> !EXECUTED.get(cell.name).contains(t));
    if (!owner && request.getHeader("Cell-Near") == null) {
      response.setStatusCode(421).putHeader("Cell-Slot", "" + slot).putHeader("Cell-Epoch", "1");
    } else if (!owner && EXECUTED.get(cell.name).contains("behind")) {
      response.setStatusCode(421).putHeader("Cell-Near-Refused", "behind");
    } else if (refusal.isPresent()) {
      response.setStatusCode(421).putHeader("Cell-Near-Refused", "lacks-write");
    } else if (request.getHeader("Cell-Near") != null) {
      response.putHeader("Homecell-Copy-Age", "120");
    }
    response.end(cell.name);
  }

  @BeforeEach
  void clear() {
    asAtFirst();
  }

  private static void asAtFirst() {
    table.publish(RouteTable.initial(topology));
    CELLS.values().forEach(cell -> cell.seen.clear());
    CELLS.keySet().forEach(cell -> EXECUTED.put(cell, ConcurrentHashMap.newKeySet()));
  }

  @AfterAll
  static void stop() throws Exception {
    for (AutoCloseable part : PARTS) {
      part.close();
    }
    CELLS.values().forEach(FakeCell::close);
    Router.await(VERTX.close(), Duration.ofSeconds(10));
  }

  private static HttpResponse<String> read(String edge, int user, String... token) {
    var request = edges.request(edge, "/near/" + user, user);
    for (String each : token) {
      request.header("Homecell-Read-After", each);
    }
    return edges.send(request.GET().build());
  }

  private static void assertNear(HttpResponse<String> answer, String cell) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(cell);
    assertThat(answer.headers().firstValue("Homecell-Copy-Age")).contains("120");
  }

  private static void assertHome(HttpResponse<String> answer, String cell) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo(cell);
    assertThat(answer.headers().firstValue("Homecell-Copy-Age")).isEmpty();
  }

  private static void assertAsked(String... cells) {
    assertThat(CELLS.values().stream().filter(cell -> !cell.seen.isEmpty()))
        .extracting(cell -> cell.name)
        .containsExactly(cells);
  }

  @ParameterizedTest
  @CsvSource({
    "north, 5, north-1",
    "north, 10, north-1",
    "south, 1, south-1",
    "south, 10, south-1",
    "west, 1, west-1",
    "west, 5, west-1",
  })
  void eachEdgeReadsTheCopyBesideIt(String edge, int user, String copy) {
    assertNear(read(edge, user), copy);
    assertAsked(copy);
  }

  @ParameterizedTest
  @CsvSource({"north, 1, north-1", "south, 5, south-1", "west, 10, west-1"})
  void theOwnerIsNoCopy(String edge, int user, String owner) {
    assertHome(read(edge, user), owner);
    assertAsked(owner);
  }

  @ParameterizedTest
  @CsvSource({
    "north, 5, north-1, south-1",
    "north, 10, north-1, west-1",
    "south, 1, north-1, south-1",
    "south, 10, south-1, west-1",
    "west, 1, north-1, west-1",
    "west, 5, south-1, west-1",
  })
  void aCopyThatIsBehindSendsTheReadToItsOwnerAndNotToTheThird(
      String edge, int user, String one, String other) {
    EXECUTED.get(edge + "-1").add("behind");
    String owner = one.equals(edge + "-1") ? other : one;
    assertHome(read(edge, user), owner);
    assertAsked(one, other);
    assertThat(CELLS.get(owner).seen).hasSize(1);
    assertThat(
            METRICS.get(edge).get("hc_router_near_reads").tag("result", "behind").counter().count())
        .isPositive();
  }

  @Test
  void aTokenHoldsBeforeWhileAndAfterTheSlotMoves() {
    String written =
        edges.post("west", "/near/1", 1, "").headers().firstValue("Homecell-Written").orElseThrow();
    assertHome(read("west", 1, written), "north-1");
    EXECUTED.get("south-1").add(written);
    assertNear(read("south", 1, written), "south-1");
    assertHome(read("west", 1, written), "north-1");

    table.publish(table.current().withMoving(List.of(1), "south-1"));
    assertNear(read("south", 1, written), "south-1");
    assertHome(read("west", 1, written), "north-1");

    table.publish(table.current().withOwners(Map.of(1, SlotRoute.open("south-1", 2))));
    assertHome(read("south", 1, written), "south-1");
    assertHome(read("west", 1, written), "south-1");
    assertNear(read("north", 1, written), "north-1");
    EXECUTED.get("west-1").add(written);
    assertNear(read("west", 1, written), "west-1");

    String later =
        edges.post("west", "/near/1", 1, "").headers().firstValue("Homecell-Written").orElseThrow();
    assertThat(CELLS.get("south-1").seen)
        .last()
        .extracting(FakeCell.Seen::method)
        .isEqualTo("POST");
    assertHome(read("north", 1, later), "south-1");
    EXECUTED.get("north-1").add(later);
    assertNear(read("north", 1, later), "north-1");
  }
}
