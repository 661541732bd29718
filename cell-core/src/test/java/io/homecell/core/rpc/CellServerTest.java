package io.homecell.core.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.fence.CellFencedException;
import io.homecell.core.fence.CommitUnknownException;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.http.ProblemException;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import io.homecell.core.testing.Eventually;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two cells on real ports, found through a real ZooKeeper, called over RPC and HTTP. */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CellServerTest {
  private static final long NORTH_ID = 5;
  private static final long SOUTH_ID = 1_000;

  @TempDir static Path data;

  private final HttpClient http = HttpClient.newHttpClient();
  private TestingServer zookeeper;
  private Topology topology;
  private SettableRoutes routes;
  private SettableRoutes southRoutes;
  private PingCell northCell;
  private PingCell southCell;
  private CellServer north;
  private CellServer south;
  private HomeClient client;
  private PingService ping;

  @BeforeAll
  void start() throws Exception {
    zookeeper = new TestingServer();
    topology = topology(zookeeper.getConnectString());
    routes = new SettableRoutes(RouteTable.initial(topology));
    southRoutes = new SettableRoutes(RouteTable.initial(topology));
    northCell = new PingCell("north-1");
    southCell = new PingCell("south-1");
    north = server(topology, "north-1", northCell, routes);
    south = server(topology, "south-1", southCell, southRoutes);
    client = HomeClient.open(topology, routes, "test", data.resolve("client"));
    ping = client.of(PingService.class);
  }

  private static CellServer server(
      Topology topology, String cell, PingCell service, SettableRoutes routes) throws Exception {
    return CellServer.start(
        new CellServer.Settings(
            topology,
            cell,
            "ping",
            cell + ".ping." + service.hashCode(),
            "127.0.0.1",
            0,
            data.resolve(cell),
            routes,
            new SimpleMeterRegistry()),
        List.of(
            CellServer.Exported.of(PingService.class, service),
            CellServer.Exported.of(PingHttp.class, new PingPages(service))));
  }

  static Topology topology(String zookeeper) {
    Map<String, Topology.Datacenter> datacenters = new LinkedHashMap<>();
    Map<String, Topology.Cell> cells = new LinkedHashMap<>();
    int port = 1;
    for (String name : List.of("north", "south")) {
      datacenters.put(
          name,
          new Topology.Datacenter(
              name, name, new Topology.Endpoint("127.0.0.1", port++), zookeeper + "/" + name));
      cells.put(
          name + "-1",
          new Topology.Cell(
              name + "-1",
              name,
              "g1",
              List.of(name.equals("north") ? new SlotRange(0, 511) : new SlotRange(512, 1023)),
              new Topology.Endpoint("127.0.0.1", port++)));
    }
    return new Topology(
        new Slots(1024),
        new Topology.Coordination(zookeeper, Duration.ofSeconds(6), Duration.ofSeconds(8)),
        datacenters,
        cells,
        Map.of(),
        new Topology.Edge(List.of(), List.of()),
        Map.of());
  }

  @AfterAll
  void stop() throws Exception {
    client.close();
    north.close();
    south.close();
    zookeeper.close();
  }

  private static PingService.Pong pong() {
    return new PingService.Pong(
        "?",
        1,
        new BigDecimal("12.30"),
        Instant.parse("2026-01-02T03:04:05.678901Z"),
        List.of(new PingService.Line("a", 2)),
        Map.of("x", 3L),
        PingService.Kind.LARGE);
  }

  @Test
  void aCallGoesToTheCellThatOwnsItsSlotAndRecordsSurviveTheWire() {
    PingService.Pong fromNorth = ping.ping(NORTH_ID, pong());
    assertThat(fromNorth.cell()).isEqualTo("north-1");
    assertThat(fromNorth).usingRecursiveComparison().ignoringFields("cell", "id").isEqualTo(pong());
    assertThat(ping.ping(SOUTH_ID, pong()).cell()).isEqualTo("south-1");
  }

  @Test
  void exceptionsOfOursArriveTyped() {
    assertThatThrownBy(() -> ping.fail(NORTH_ID, "fenced"))
        .isInstanceOf(CellFencedException.class)
        .hasMessageContaining("lease over");
    assertThatThrownBy(() -> ping.fail(NORTH_ID, "problem"))
        .isInstanceOfSatisfying(
            ProblemException.class,
            problem -> {
              assertThat(problem.status()).isEqualTo(409);
              assertThat(problem.kind()).isEqualTo("not-enough");
              assertThat(problem).hasMessage("5.00 are not there");
            });
    assertThatThrownBy(() -> ping.fail(NORTH_ID, "unknown"))
        .isInstanceOf(CommitUnknownException.class);
    assertThatThrownBy(() -> ping.fail(NORTH_ID, "bug"))
        .isInstanceOf(CallFailedException.class)
        .hasMessageContaining("incident")
        .hasMessageNotContaining("secret");
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest.Builder at(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + north.port() + path))
        .timeout(Duration.ofSeconds(10))
        .version(HttpClient.Version.HTTP_1_1);
  }

  private static HttpRequest.BodyPublisher body(String text) {
    return HttpRequest.BodyPublishers.ofString(text);
  }

  @Test
  void httpAnswersWithStatusHeadersAndJson() throws Exception {
    HttpResponse<String> read = send(at("/pings/5").header("Cell-User", "17"));
    assertThat(read.statusCode()).isEqualTo(200);
    assertThat(read.body()).contains("\"user\":\"17\"");
    assertThat(read.headers().firstValue("Cell-Served-By")).contains("north-1");
    assertThat(read.headers().firstValue("alt-svc")).isEmpty();
    HttpResponse<String> made =
        send(
            at("/pings/5")
                .header("content-type", "application/json")
                .POST(body("{\"amount\":\"5.00\",\"count\":2}")));
    assertThat(made.statusCode()).isEqualTo(201);
    assertThat(made.headers().firstValue("x-made")).contains("yes");
    assertThat(made.headers().allValues("content-type")).hasSize(1);
    assertThat(made.body()).isEqualTo("{\"amount\":\"5.00\",\"count\":2}");
  }

  private void assertProblem(HttpResponse<String> answer, int status) {
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.headers().allValues("content-type"))
        .containsExactly("application/problem+json");
    assertThat(answer.body()).contains("\"status\":" + status).contains("\"detail\":");
    assertThat(answer.headers().firstValue("Cell-Served-By")).contains("north-1");
  }

  @Test
  void aServerThatJudgesNoCopiesAnswersNoNearRead() throws Exception {
    for (String path : List.of("/pings/5", "/pings/1000", "/pings")) {
      HttpResponse<String> answer =
          send(at(path).header("Cell-Near", "2000").header("Cell-User", "5"));
      assertProblem(answer, 421);
      assertThat(answer.headers().firstValue("Cell-Near-Refused")).contains("unknown");
    }
  }

  @Test
  void httpErrorsAreProblemDetails() throws Exception {
    HttpRequest.Builder post = at("/pings/5").header("content-type", "application/json");
    assertProblem(send(post.POST(body("{\"amount\":"))), 400);
    assertProblem(send(post.POST(body("{\"amount\":5}"))), 400);
    assertProblem(send(post.POST(body("{\"amount\":\"5\"} trailing"))), 400);
    assertProblem(send(post.POST(body("[]"))), 400);
    assertProblem(send(at("/nothing")), 404);
    assertProblem(send(at("/io.homecell.core.rpc.PingService/ping")), 404);
    assertProblem(send(at("/pings/5").DELETE()), 405);
    assertProblem(send(at("/pings/5").header("content-type", "text/plain").POST(body("{}"))), 415);
    assertProblem(
        send(
            at("/pings/5")
                .header("content-type", "application/x-www-form-urlencoded")
                .POST(body("{}"))),
        415);
    assertThat(send(at("/pings/5").header("accept", "text/html,application/xml")).body())
        .startsWith("{");
    assertThat(send(at("/pings/5?format=yaml")).body()).startsWith("{");
    assertThat(send(at("/pings/5").POST(body("{\"amount\":\"1\"}"))).statusCode()).isEqualTo(201);
    assertProblem(send(at("/pings/99990016")), 421);
    assertProblem(send(at("/pings/88880128")), 500);
    assertProblem(send(post.POST(body("x".repeat(10 << 20)))), 413);
    assertProblem(send(at("/pings/1000")), 421);
  }

  /** A client that is so quick sends its next request before the server has done with the first. */
  @Test
  void whoReadsAnAnswerToItsEndMaySendTheNextRequestAtOnce() throws Exception {
    String refused =
        "POST /pings/5 HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 2"
            + "\r\n\r\n[]";
    String unknown = "GET /nothing HTTP/1.1\r\nHost: h\r\n\r\n";
    for (int connection = 0; connection < 20; connection++) {
      try (Socket socket = new Socket("127.0.0.1", north.port())) {
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        for (int i = 0; i < 50; i++) {
          assertThat(ask(socket, refused)).startsWith("HTTP/1.1 400 ");
          assertThat(ask(socket, unknown)).startsWith("HTTP/1.1 404 ");
        }
      }
    }
  }

  private static String ask(Socket socket, String request) throws IOException {
    int body = request.indexOf("\r\n\r\n") + 4;
    OutputStream out = socket.getOutputStream();
    out.write(request.substring(0, body).getBytes(StandardCharsets.US_ASCII));
    out.write(request.substring(body).getBytes(StandardCharsets.US_ASCII));
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      assertThat(next).as(head.toString()).isNotNegative();
      head.append((char) next);
    }
    Matcher length = Pattern.compile("(?i)content-length: (\\d+)").matcher(head);
    assertThat(length.find()).as(head.toString()).isTrue();
    in.readNBytes(Integer.parseInt(length.group(1)));
    return head.toString();
  }

  @Test
  void itListensOnItsOwnAddressOnlyAndRegistersBelowTheDatacentersPath() throws Exception {
    try (ServerSocket neighbour = new ServerSocket()) {
      neighbour.setReuseAddress(false);
      neighbour.bind(new InetSocketAddress("127.0.0.2", north.port()));
    }
    try (CuratorFramework curator =
        CuratorFrameworkFactory.newClient(zookeeper.getConnectString(), new RetryOneTime(100))) {
      curator.start();
      List<String> providers =
          curator
              .getChildren()
              .forPath("/north/dubbo/" + PingService.class.getName() + "/providers");
      assertThat(providers).singleElement().asString().contains("cell%3Dnorth-1");
      // the edge learns of it when its code is warm, not before
      assertThat(curator.checkExists().forPath("/north/instances/ping")).isNull();
      north.announce();
      Eventually.holds(
          () -> assertThat(curator.getChildren().forPath("/north/instances/ping")).isNotEmpty());
      assertThat(curator.checkExists().forPath("/dubbo")).isNull();
      assertThat(curator.checkExists().forPath("/services")).isNull();
    }
  }

  @Test
  void aCallThatNobodyCanTakeHadNoEffectAndOneWithoutAnswerIsUnknown() throws Exception {
    assertThatThrownBy(
            () ->
                client.ofCell(NobodyService.class, "north-1", Duration.ofSeconds(1)).call(NORTH_ID))
        .isInstanceOf(OwnerUnavailableException.class);
    PingCell slow = new PingCell("north-1");
    CellServer server = server(topology, "north-1", slow, routes);
    try (HomeClient other = HomeClient.open(topology, routes, "other", data.resolve("other"))) {
      PingService impatient = other.of(PingService.class, Duration.ofMillis(500));
      PingService patient = other.of(PingService.class, Duration.ofSeconds(20));
      assertThat(patient.fail(NORTH_ID, "fine")).isEqualTo("done");
      // either of the two instances of the cell may be picked: the one that waits ends the loop
      northCell.release.countDown();
      assertThatThrownBy(
              () -> {
                while (true) {
                  try {
                    impatient.fail(NORTH_ID, "wait");
                  } catch (CallUnknownException e) {
                    if (slow.entered.getCount() == 0) {
                      throw e;
                    }
                    // a first call may take longer than it has
                  }
                }
              })
          .isInstanceOf(CallUnknownException.class);
      CompletableFuture<Void> closed = CompletableFuture.runAsync(server::close);
      assertThatThrownBy(() -> closed.get(700, TimeUnit.MILLISECONDS))
          .as("the call under way holds the close")
          .isInstanceOf(java.util.concurrent.TimeoutException.class);
      slow.release.countDown();
      closed.get(10, TimeUnit.SECONDS);
      for (int i = 0; i < 20; i++) {
        assertThat(patient.fail(NORTH_ID, "fine")).isEqualTo("done");
      }
    }
  }

  /** A service that no cell serves. */
  interface NobodyService {
    String call(@SlotOf long id);
  }

  @Test
  void aRefusalOverHttpNamesSlotAndEpoch() throws Exception {
    HttpResponse<String> refused = send(at("/pings/1000"));
    assertThat(refused.headers().firstValue("Cell-Slot")).contains("1000");
    assertThat(refused.headers().firstValue("Cell-Epoch")).contains("1");
    assertThat(refused.headers().firstValue("Cell-Not-Executed")).contains("true");
  }

  @Test
  void aCallRefusedAsNotHomeIsSentOnceMoreWhenTheTableNamesTheNewOwner() throws Exception {
    long id = 700;
    RouteTable before = routes.current();
    southRoutes.set(before.withOwners(Map.of(700, SlotRoute.open("north-1", 3))));
    int southCalls = southCell.calls.get();
    CompletableFuture<PingService.Pong> answer =
        CompletableFuture.supplyAsync(() -> ping.ping(id, pong()));
    assertThatThrownBy(() -> answer.get(500, TimeUnit.MILLISECONDS))
        .isInstanceOf(java.util.concurrent.TimeoutException.class);
    routes.set(before.withOwners(Map.of(700, SlotRoute.open("north-1", 3))));
    assertThat(answer.get(10, TimeUnit.SECONDS).cell()).isEqualTo("north-1");
    assertThat(southCell.calls.get()).isEqualTo(southCalls);
    assertThatThrownBy(
            () ->
                client.ofCell(PingService.class, "south-1", Duration.ofSeconds(3)).ping(id, pong()))
        .isInstanceOfSatisfying(
            NotHomeException.class,
            refused -> {
              assertThat(refused.slot()).isEqualTo(700);
              assertThat(refused.owner()).isEqualTo("north-1");
              assertThat(refused.epoch()).isEqualTo(3);
            });
  }
}
