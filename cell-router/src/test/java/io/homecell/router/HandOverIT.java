package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.topology.Topology;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.handover.PortHandOver;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** A router takes the port of another over, and no client has to know. */
@Timeout(60)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the port is handed over by the kernel of Linux")
class HandOverIT {
  private final LoneRouter edge = new LoneRouter();
  private final int port = edge.port;

  @AfterEach
  void stop() {
    edge.close();
  }

  private LoneRouter.Running router(PortClaim claim) {
    // It ends when nobody is left; for who thinks for 700 ms two seconds can be too few.
    return edge.start(
        claim,
        LoneRouter.settings()
            .withOperation(Operation.standard().withFarewell(Duration.ofSeconds(10))),
        Optional.empty());
  }

  @Test
  void noRequestFailsWhileOneRouterAfterAnotherTakesThePortOver() throws Exception {
    LoneRouter.Running serving = router(PortClaim.ALONE);
    try (SteadyLoad load = new SteadyLoad(port)) {
      load.awaitAnswers(500);
      for (int i = 0; i < 3; i++) {
        LoneRouter.Running next = router(PortClaim.TAKE_OVER);
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
    LoneRouter.Running older = router(PortClaim.ALONE);
    LoneRouter.Running newer = router(PortClaim.TAKE_OVER);
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
    LoneRouter.Running older = router(PortClaim.ALONE);
    try (RawClient client = new RawClient(port)) {
      client.send("GET /accounts/1 HTTP/1.1\r\nHost: h\r\n\r\n");
      assertThat(client.readHead()).doesNotContainIgnoringCase("connection: close");
      client.in().readNBytes("north-1".length());
      LoneRouter.Running newer = router(PortClaim.TAKE_OVER);
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
    LoneRouter.Running one = router(PortClaim.ALONE);
    assertThatThrownBy(() -> router(PortClaim.ALONE))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("port " + port + " of 127.0.0.1 is taken")
        .hasMessageContaining("HOMECELL_TAKE_OVER=true");
    assertThat(askOnANewConnection()).startsWith("HTTP/1.1 200");
    one.router().close();
  }

  @Test
  void aThirdOneDoesNotComeBetween() throws Exception {
    LoneRouter.Running one = router(PortClaim.ALONE);
    LoneRouter.Running two = router(PortClaim.TAKE_OVER);
    assertThatThrownBy(() -> router(PortClaim.TAKE_OVER))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("is being handed over already");
    one.router().close();
    two.router().close();
  }

  @Test
  void aConnectionThatComesBeforeItsPortIsServedWaitsForIt() throws Exception {
    PortHandOver handOver =
        PortHandOver.of(List.of(new Topology.Endpoint(LoneRouter.HOST, port)), PortClaim.ALONE);
    handOver.check();
    Vertx vertx = handOver.vertx(new VertxOptions().setPreferNativeTransport(true));
    try (RawClient client = openedEarly(handOver, vertx)) {
      Deployment.await("it waits in the kernel's queue", () -> queued() == 1);
      handOver.opened();
      client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      assertThat(client.readAll()).startsWith("HTTP/1.1 200").endsWith("served");
      assertThat(queued()).isZero();
    } finally {
      Router.await(vertx.close(), Duration.ofSeconds(10));
    }
  }

  private RawClient openedEarly(PortHandOver handOver, Vertx vertx) throws IOException {
    handOver.opening();
    Router.await(
        vertx
            .createHttpServer(new HttpServerOptions().setHost(LoneRouter.HOST).setPort(port))
            .requestHandler(request -> request.response().end("served"))
            .listen(),
        Duration.ofSeconds(10));
    return new RawClient(port);
  }

  /**
   * Connections that nobody has accepted yet: what the kernel prints for a listener as rx_queue.
   */
  private int queued() {
    int sum = 0;
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      try (Stream<String> lines = Files.lines(Path.of(table))) {
        sum +=
            lines
                .map(line -> line.strip().split("\\s+", -1))
                .filter(fields -> fields[3].equals("0A"))
                .filter(fields -> fields[1].endsWith(String.format(Locale.ROOT, ":%04X", port)))
                .mapToInt(fields -> Integer.parseInt(fields[4].split(":", -1)[1], 16))
                .sum();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return sum;
  }

  @Test
  void toTakeOverFromNobodyIsToStart() throws Exception {
    LoneRouter.Running only = router(PortClaim.TAKE_OVER);
    assertThat(askOnANewConnection()).startsWith("HTTP/1.1 200");
    only.router().close();
  }
}
