package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.router.retry.RetrySettings;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.upstream.UpstreamHealth;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Instances that are gone, ill or silent, and what is sent again because of it. */
@Timeout(60)
class UpstreamIT {
  private static final String ROUTES =
      """
      - { path: "/accounts/{user}/**", slot-of: user, service: account }
      - { path: "/products/**",        to: nearest,   service: account }
      """;

  private SmallEdge edge;

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private static RouterSettings settings() {
    return RouterSettings.standard()
        .withWarmUp(Duration.ZERO)
        .withEventLoops(1)
        .withHealth(UpstreamHealth.standard().withoutProbes());
  }

  private void start(RouterSettings settings) {
    edge = new SmallEdge(settings, ROUTES);
  }

  private Upstream fake() {
    return new Upstream("north-1", "127.0.0.1", edge.cells.get("north-1").port());
  }

  private static Upstream raw(RawCell cell) {
    return new Upstream("north-1", "127.0.0.1", cell.port());
  }

  @Test
  void anInstanceThatIsGoneCostsNobodyARequest() throws Exception {
    start(settings());
    try (Socket held = new Socket()) {
      // A port that somebody has, so that nobody else gets it, and at which nobody listens.
      held.bind(new InetSocketAddress("127.0.0.1", 0));
      edge.instances("north-1", new Upstream("north-1", "127.0.0.1", held.getLocalPort()), fake());
      for (int i = 0; i < 40; i++) {
        assertThat(edge.post("north", "/accounts/1/x", 1, "b" + i).body()).isEqualTo("north-1");
      }
    }
    assertThat(edge.cells.get("north-1").seen).hasSize(40);
    assertThat(edge.count("north", "hc_router_upstream_rests", "cause", "unreachable"))
        .isBetween(1.0, 10.0);
  }

  @Test
  void anInstanceThatFailsRests() throws Exception {
    Duration rest = Duration.ofSeconds(30);
    start(
        settings()
            .withHealth(
                new UpstreamHealth(
                    5, rest, rest, Duration.ofSeconds(10), Duration.ZERO, Duration.ofSeconds(1))));
    AtomicInteger ill = new AtomicInteger();
    try (RawCell other =
        new RawCell(
            (socket, connection) -> {
              while (true) {
                RawCell.readRequest(socket);
                ill.incrementAndGet();
                socket
                    .getOutputStream()
                    .write("HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n".getBytes());
              }
            })) {
      edge.instances("north-1", raw(other), fake());
      Deployment.await(
          "it rests",
          () -> {
            edge.get("north", "/accounts/1", 1);
            return edge.count("north", "hc_router_upstream_rests", "cause", "failures") >= 1;
          });
      assertThat(ill.get()).isEqualTo(5);
      assertThat(edge.get("north", "/accounts/1", 1).statusCode()).isEqualTo(200);
    }
  }

  @Test
  void whatBrokeIsSentAgainToAnotherInstanceOfTheSameCellIfItChangesNothing() throws Exception {
    // Each goes to one of two at random: of so many some go to that one.
    int requests = 40;
    start(settings());
    AtomicInteger broken = new AtomicInteger();
    try (RawCell other =
        new RawCell(
            (socket, connection) -> {
              RawCell.readRequest(socket);
              broken.incrementAndGet();
            })) {
      edge.instances("north-1", raw(other), fake());
      int failed = 0;
      for (int i = 0; i < requests; i++) {
        assertThat(edge.get("north", "/accounts/1", 1).statusCode()).isEqualTo(200);
      }
      assertThat(broken.get()).as("some had to be sent again").isPositive();
      assertThat(edge.cells.get("north-1").seen).hasSize(requests);
      broken.set(0);
      edge.cells.get("north-1").seen.clear();
      for (int i = 0; i < requests; i++) {
        HttpResponse<String> answer = edge.post("north", "/accounts/1/x", 1, "b");
        if (answer.statusCode() != 200) {
          assertThat(answer.statusCode()).isEqualTo(502);
          assertThat(answer.headers().firstValue("Retry-After")).isEmpty();
          failed++;
        }
      }
      assertThat(failed).as("each of them is told").isEqualTo(broken.get());
      assertThat(edge.cells.get("north-1").seen).as("nothing twice").hasSize(requests - failed);
    }
    for (String cell : List.of("north-2", "south-1", "south-2")) {
      assertThat(edge.cells.get(cell).seen).as(cell).isEmpty();
    }
  }

  @Test
  void aCellWithoutInstancesIsNotReplacedByAnother() throws Exception {
    start(settings());
    edge.instances("north-1");
    HttpResponse<String> answer = edge.get("north", "/accounts/1", 1);
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).contains("1");
    edge.cells.values().forEach(cell -> assertThat(cell.seen).isEmpty());
  }

  @Test
  void retriesAreBounded() throws Exception {
    start(settings().withRetries(new RetrySettings(0, 0, 3)));
    AtomicInteger asked = new AtomicInteger();
    edge.cells
        .get("north-1")
        .answer(
            request -> {
              asked.incrementAndGet();
              request.connection().close();
            });
    for (int i = 0; i < 10; i++) {
      assertThat(edge.get("north", "/accounts/1", 1).statusCode()).isEqualTo(502);
    }
    assertThat(asked).hasValue(13);
    assertThat(edge.count("north", "hc_router_retries", "reason", "broken")).isEqualTo(3);
    assertThat(edge.count("north", "hc_router_retries_refused", "reason", "broken")).isEqualTo(7);
  }

  /** The upstream closes the connection that waits for the client's body: no byte was sent. */
  @Test
  void aPostOfWhichNoByteWasSentIsSentAgain() throws Exception {
    start(settings());
    CountDownLatch close = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    List<String> executed = new CopyOnWriteArrayList<>();
    try (RawCell cell =
        new RawCell(
            (socket, connection) -> {
              if (connection == 1) {
                executed.add(RawCell.readRequest(socket));
                RawCell.answer(socket, "first");
                await(close);
                socket.close();
                closed.countDown();
                return;
              }
              executed.add(RawCell.readRequest(socket));
              RawCell.answer(socket, "second");
              RawCell.readRequest(socket);
            })) {
      edge.instances("north-1", raw(cell));
      assertThat(edge.post("north", "/accounts/1/x", 1, "one").body()).isEqualTo("first");
      Deployment.await(
          "it is kept",
          () ->
              edge.router("north").upstreamConnections() == 1
                  && edge.router("north").upstreamInUse() == 0);
      try (RawClient client = new RawClient(edge.port("north"))) {
        client.send(
            "POST /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nContent-Length: 3\r\n\r\n");
        Deployment.await("it is reused", () -> edge.router("north").upstreamInUse() == 1);
        close.countDown();
        await(closed);
        Deployment.await("sent again", () -> edge.count("north", "hc_router_retries") == 1);
        client.send("two");
        assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      }
      assertThat(executed).containsExactly("one", "two");
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * The upstream closes a connection a moment after its answer, which is when the next request
   * comes. Whatever the order: none is executed twice, and one that was is not told to be sent
   * again.
   */
  @Test
  void aConnectionThatIsClosedJustWhenItIsReusedDoublesNothing() throws Exception {
    start(settings());
    List<String> executed = new CopyOnWriteArrayList<>();
    try (RawCell cell =
        new RawCell(
            (socket, connection) -> {
              executed.add(RawCell.readRequest(socket));
              RawCell.answer(socket, "done");
              LockSupport.parkNanos(connection % 40 * 50_000L);
            })) {
      edge.instances("north-1", raw(cell));
      int answered = 0;
      for (int i = 0; i < 200; i++) {
        String body = "request " + i;
        HttpResponse<String> answer = edge.post("north", "/accounts/1/x", 1, body);
        long times = executed.stream().filter(body::equals).count();
        assertThat(times).as(body).isLessThanOrEqualTo(1);
        if (answer.statusCode() == 200) {
          assertThat(times).isEqualTo(1);
          answered++;
        } else {
          assertThat(answer.statusCode()).isEqualTo(502);
          assertThat(answer.headers().firstValue("Retry-After")).isEmpty();
        }
      }
      // The rest were on their way when it was closed: whether they had an effect is not known.
      assertThat(answered).isGreaterThan(50);
    }
  }

  @Test
  void anInstanceThatIsSilentIsFoundByChecksAndComesBack() throws Exception {
    start(
        settings()
            .withHeadTimeout(Duration.ofSeconds(1))
            .withHealth(
                new UpstreamHealth(
                    5,
                    Duration.ofMillis(250),
                    Duration.ofSeconds(8),
                    Duration.ZERO,
                    Duration.ofMillis(100),
                    Duration.ofMillis(400))));
    AtomicBoolean silent = new AtomicBoolean(true);
    AtomicInteger asked = new AtomicInteger();
    try (RawCell other =
        new RawCell(
            (socket, connection) -> {
              while (true) {
                RawCell.readRequest(socket);
                if (silent.get()) {
                  // Accepts, reads, says nothing: as a stopped process does.
                  socket.getInputStream().read();
                  return;
                }
                asked.incrementAndGet();
                RawCell.answer(socket, "back");
              }
            })) {
      edge.instances("north-1", raw(other), fake());
      Deployment.await("it is down", () -> down() == 1);
      for (int i = 0; i < 30; i++) {
        assertThat(edge.get("north", "/accounts/1", 1).body()).isEqualTo("north-1");
      }
      silent.set(false);
      Deployment.await("it is up", () -> down() == 0);
      Deployment.await(
          "it serves", () -> edge.get("north", "/accounts/1", 1).body().equals("back"));
    }
  }

  private double down() {
    return edge.metrics.get("north").get("hc_router_upstreams_down").gauge().value();
  }
}
