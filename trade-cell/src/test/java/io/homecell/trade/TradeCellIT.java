package io.homecell.trade;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.api.account.AccountService;
import io.homecell.api.trade.SettlementService;
import io.homecell.api.trade.StaleJobException;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.http.CellHeaders;
import io.homecell.core.json.Json;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.rpc.CellServer;
import io.homecell.core.rpc.HomeClient;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.local.CellProvisioning;
import io.homecell.local.FreePorts;
import io.homecell.local.LocalMysql;
import io.homecell.local.LocalZookeeper;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.AssertionFailedError;

/**
 * The trade process as it ships, over HTTP and RPC, with a real MySQL and ZooKeeper; only the
 * account cell is a fake, on a real service port.
 */
@Timeout(240)
class TradeCellIT {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final FakeAccounts ACCOUNTS = new FakeAccounts();
  private static Path folder;
  private static TestTopology test;
  private static LocalZookeeper zookeeper;
  private static LocalMysql mysql;
  private static CuratorFramework coordination;
  private static CellServer accounts;
  private static HomeClient client;
  private static TradeProcess trade;
  private static long lastId = 1_000;
  private long user;

  @BeforeAll
  static void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    Endpoint endpoint = new Endpoint("127.0.0.1", FreePorts.takeOne());
    test = TestTopology.create(folder, endpoint.toString(), Duration.ofSeconds(8));
    zookeeper = LocalZookeeper.start(folder.resolve("zookeeper"), endpoint);
    mysql =
        LocalMysql.start(
            MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED))),
            folder.resolve("mysql"),
            test.topology().cell("north-1").mysql(),
            1);
    try (Connection root = mysql.rootConnection()) {
      CellProvisioning.provision(
          root, test.topology(), "north-1", SchemaFiles.onClassPath(), test.credentials());
    }
    coordination = Coordination.connect(test.topology().coordination());
    RouteTable table = RouteTable.initial(test.topology());
    new RouteStore(coordination).createIfAbsent(table);
    FixedRoutes routes = new FixedRoutes(table);
    accounts =
        CellServer.start(
            new CellServer.Settings(
                test.topology(),
                "north-1",
                "account",
                "north-1.account.1",
                "127.0.0.1",
                0,
                folder.resolve("account"),
                routes,
                new SimpleMeterRegistry()),
            List.of(CellServer.Exported.of(AccountService.class, ACCOUNTS)));
    client = HomeClient.open(test.topology(), routes, "test", folder.resolve("client"));
    trade = startTrade();
  }

  private static TradeProcess startTrade() throws IOException {
    return TradeProcess.start(
        test, folder.resolve("trade"), Map.of("HOMECELL_ORDER_EXPIRY", "PT1S"));
  }

  @AfterAll
  static void stop() throws Exception {
    trade.process().stop(Duration.ofSeconds(15));
    client.close();
    accounts.close();
    coordination.close();
    mysql.stop();
    zookeeper.stop();
  }

  @BeforeEach
  void newUser() {
    user = newId(33);
    ACCOUNTS.open(user, "100.00");
    ACCOUNTS.pauseCalls(() -> {});
    await("ready", () -> get(adminPort(), "/health/ready", null).statusCode() == 200);
  }

  private static long newId(int slot) {
    return ++lastId << 10 | slot;
  }

  private static int port() {
    return trade.announcement().port();
  }

  private static int adminPort() {
    return trade.announcement().adminPort();
  }

  private static HttpResponse<String> get(int port, String path, Long user) {
    return send(request(port, path, user).GET().build());
  }

  private HttpResponse<String> post(String path, String key, String body) {
    return post(user, path, key, body);
  }

  private static HttpResponse<String> post(Long as, String path, String key, String body) {
    HttpRequest.Builder request = request(port(), path, as);
    if (key != null) {
      request.header("Idempotency-Key", key);
    }
    return send(
        request
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build());
  }

  private static HttpRequest.Builder request(int port, String path, Long user) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(30));
    if (user != null) {
      request.header(CellHeaders.USER, user.toString());
    }
    return request;
  }

  private static HttpResponse<String> send(HttpRequest request) {
    try {
      return HTTP.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new AssertionFailedError(request + " failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionFailedError("interrupted", e);
    }
  }

  private static void await(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionFailedError("not within 30 s: " + what);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
    }
  }

  private static JsonNode json(HttpResponse<String> answer) {
    return Json.read(answer.body(), JsonNode.class);
  }

  private String order() {
    return "{\"userId\":\"%d\",\"merchantId\":\"%d\",\"lines\":[{\"sku\":\"mug-celadon\",\"quantity\":2}]}"
        .formatted(user, newId(7));
  }

  private String place(String key) {
    HttpResponse<String> placed = post("/orders", key, order());
    assertThat(placed.statusCode()).as(placed.body()).isEqualTo(201);
    return json(placed).get("orderId").textValue();
  }

  private static void assertProblem(HttpResponse<String> answer, int status, String kind) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("content-type")).hasValue("application/problem+json");
    assertThat(json(answer).get("type").textValue()).isEqualTo("/problems/" + kind);
    assertThat(json(answer).get("status").intValue()).isEqualTo(status);
  }

  @Test
  void anOrderIsPlacedPaidReadAndCancelled() {
    HttpResponse<String> placed = post("/orders", "k1", order());
    assertThat(placed.statusCode()).as(placed.body()).isEqualTo(201);
    JsonNode order = json(placed);
    assertThat(order.get("total").textValue()).isEqualTo("48.00");
    assertThat(order.get("status").textValue()).isEqualTo("PLACED");
    assertThat(order.get("version").intValue()).isEqualTo(1);
    assertThat(order.has("paymentId")).isFalse();
    String path = "/orders/" + order.get("orderId").textValue();
    assertThat(get(port(), path, user).body()).isEqualTo(placed.body());

    HttpResponse<String> paid = post(path + "/payment", "k2", "");
    assertThat(paid.statusCode()).as(paid.body()).isEqualTo(200);
    assertThat(json(paid).get("status").textValue()).isEqualTo("PAID");
    assertThat(json(paid).get("paymentId").textValue()).isNotEmpty();
    assertThat(post(path + "/payment", "k2", "").body()).isEqualTo(paid.body());
    assertThat(ACCOUNTS.balance(user)).isEqualTo("52.00");

    HttpResponse<String> cancelled = post(path + "/cancellation", "k3", "");
    assertThat(cancelled.statusCode()).as(cancelled.body()).isEqualTo(200);
    assertThat(json(cancelled).get("status").textValue()).isEqualTo("CANCELLED");
    assertThat(ACCOUNTS.balance(user)).isEqualTo("100.00");

    JsonNode list = json(get(port(), "/orders?userId=" + user, user));
    assertThat(list.get("items")).hasSize(1);
    assertThat(list.has("next")).isFalse();
  }

  @Test
  void requestsThatCantBeServedAreToldWhy() {
    String id = place("k1");
    assertProblem(get(port(), "/orders/" + id, null), 400, "no-identity");
    assertProblem(get(port(), "/orders/" + id, newId(33)), 403, "not-yours");
    assertProblem(get(port(), "/orders/" + newId(33), user), 404, "no-such-order");
    assertProblem(get(port(), "/orders/x", user), 400, "bad-id");
    assertProblem(get(port(), "/orders?userId=" + newId(33), user), 403, "not-yours");
    assertProblem(get(port(), "/orders/" + newId(600), user), 421, "not-home");
    assertThat(get(port(), "/orders/" + newId(600), user).headers().firstValue(CellHeaders.EPOCH))
        .hasValue("1");
    assertProblem(post(null, "/orders", "k9", order()), 400, "no-identity");
    assertProblem(post("/orders", null, order()), 400, "no-idempotency-key");
    assertProblem(post("/orders", "k9", "{\"userId\":"), 400, "malformed-body");
    assertProblem(post("/orders", "k9", ""), 400, "bad-order");
    assertProblem(post(newId(33), "/orders", "k9", order()), 403, "not-yours");
    assertProblem(
        post("/orders", "k9", order().replace("mug-celadon", "none")), 422, "no-such-product");
    assertProblem(
        post("/orders", "k1", order().replace("mug-celadon", "towel")),
        422,
        "idempotency-key-reused");
    ACCOUNTS.open(user, "1.00");
    assertProblem(post("/orders/" + id + "/payment", "k9", ""), 409, "not-enough-funds");
    assertProblem(get(port(), "/merchants/" + newId(7) + "/orders", null), 400, "no-identity");
    assertThat(json(get(port(), "/merchants/" + newId(7) + "/orders", user)).get("items"))
        .isEmpty();
    assertProblem(get(port(), "/products/none", null), 404, "no-such-product");
    assertThat(json(get(port(), "/products", null)).get("items")).hasSize(20);
    assertThat(json(get(port(), "/orders?userId=" + user, user)).get("items")).hasSize(1);
  }

  @Test
  void aPaymentSurvivesTheDeathOfTheProcessInTheMiddle() throws Exception {
    String id = place("k1");
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch killed = new CountDownLatch(1);
    ACCOUNTS.pauseCalls(
        () -> {
          asked.countDown();
          try {
            killed.await(30, TimeUnit.SECONDS);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    Thread payer =
        new Thread(
            () ->
                assertThatThrownBy(() -> post("/orders/" + id + "/payment", "k2", ""))
                    .isInstanceOf(AssertionFailedError.class));
    payer.start();
    assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
    trade.process().kill();
    killed.countDown();
    payer.join(30_000);
    ACCOUNTS.pauseCalls(() -> {});
    trade = startTrade();

    await(
        "the order is paid",
        () -> json(get(port(), "/orders/" + id, user)).path("status").asText().equals("PAID"));

    assertThat(ACCOUNTS.balance(user)).isEqualTo("52.00");
    assertThat(json(post("/orders/" + id + "/payment", "k2", "")).get("status").textValue())
        .isEqualTo("PAID");
    assertThat(ACCOUNTS.balance(user)).isEqualTo("52.00");
  }

  @Test
  void jobsAreRunOverRpcAndAnOldEpochIsTold() {
    SettlementService jobs =
        client.ofCell(SettlementService.class, "north-1", Duration.ofSeconds(20));
    String id = place("k1");
    // Orders that other tests have left expire as well.
    await(
        "the order expires",
        () -> {
          jobs.expireOrders("north-1", 7);
          return json(get(port(), "/orders/" + id, user))
              .path("status")
              .asText()
              .equals("CANCELLED");
        });

    assertThat(jobs.settle("north-1", LocalDate.now().toString(), 7).merchants()).isZero();
    assertThatThrownBy(() -> jobs.expireOrders("north-1", 6))
        .isInstanceOfSatisfying(StaleJobException.class, e -> assertThat(e.newest()).isEqualTo(7));
  }

  @Test
  void metricsAreServed() {
    HttpResponse<String> metrics = get(adminPort(), "/metrics", null);
    assertThat(metrics.statusCode()).isEqualTo(200);
    assertThat(metrics.body()).contains("hc_route_epoch", "hc_trade_recovered", "cell=\"north-1\"");
  }
}
