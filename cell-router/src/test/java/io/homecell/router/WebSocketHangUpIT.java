package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.homecell.router.handover.PortClaim;
import io.netty.util.ResourceLeakDetector;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Clients of WebSockets that hang up at any moment leave nothing behind. */
@Timeout(60)
class WebSocketHangUpIT {
  private static final int CLIENTS = 500;
  private static final long SEED = 20261127;
  private static final String FRAME = "\u0081\u0085\u0000\u0000\u0000\u0000hello";

  private final LoneRouter edge = new LoneRouter();
  private final AtomicInteger atCell = new AtomicInteger();
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private ResourceLeakDetector.Level levelBefore;
  private LoneRouter.Running running;

  @BeforeEach
  void start() {
    edge.cell.answer(this::accept);
    running =
        edge.start(
            PortClaim.ALONE,
            LoneRouter.settings()
                // A connection that came for a client that had left is closed before the test ends.
                .withIdleTimeout(Duration.ofSeconds(2))
                .withOperation(Operation.standard().withFarewell(Duration.ZERO)),
            Optional.empty());
    // Vert.x turns it off when it is loaded.
    levelBefore = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    logged.start();
    root().addAppender(logged);
  }

  @AfterEach
  void stop() throws Exception {
    root().detachAppender(logged);
    running.router().close();
    edge.close();
    ResourceLeakDetector.setLevel(levelBefore);
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  /** Speaks first, and answers each message. */
  private void accept(HttpServerRequest request) {
    request
        .toWebSocket()
        .onSuccess(
            socket -> {
              atCell.incrementAndGet();
              socket.closeHandler(ignored -> atCell.decrementAndGet());
              socket.exceptionHandler(ignored -> {});
              socket.textMessageHandler(socket::writeTextMessage);
              socket.writeTextMessage("x".repeat(100_000));
            });
  }

  @Test
  void clientsThatHangUpLeaveNothingBehind() throws Exception {
    Random random = new Random(SEED);
    hangUp(edge.port, WebSocketRefusalIT.HANDSHAKE, random, 50);
    awaitNothingLeft();
    int files = Leaks.openFiles();
    hangUp(edge.port, WebSocketRefusalIT.HANDSHAKE, random, CLIENTS);
    awaitNothingLeft();
    Deployment.await("no more files are open than before", () -> Leaks.openFiles() <= files);
    assertThat(Leaks.of(logged)).isEmpty();
    assertThat(logged.list).filteredOn(event -> event.getThrowableProxy() != null).isEmpty();
    assertThat(Leaks.warnings(logged)).isEmpty();
  }

  /** Clients that leave in each way and at each moment, before a cell that speaks first. */
  static void hangUp(int port, String handshake, Random random, int clients) throws Exception {
    for (int i = 0; i < clients; i++) {
      RawClient client = new RawClient(port).within(10_000);
      int until = random.nextInt(5);
      client.send(until == 0 ? part(handshake, random) : handshake);
      if (until > 1) {
        assertThat(client.readHead()).startsWith("HTTP/1.1 101 ");
      }
      if (until > 2) {
        client.send(part(FRAME, random));
      }
      if (until > 3) {
        client.in().readNBytes(random.nextInt(100_000));
      }
      switch (random.nextInt(3)) {
        case 0 -> client.hangUp();
        case 1 -> client.close();
        default -> {
          client.halfClose();
          client.close();
        }
      }
    }
  }

  private static String part(String text, Random random) {
    return text.substring(0, 1 + random.nextInt(text.length()));
  }

  private void awaitNothingLeft() {
    Deployment.await(
        "the gauge is back at 0, no connection is in use, and the cell has none",
        () ->
            running.metrics().get("hc_router_websockets").tag("cell", "north-1").gauge().value()
                    == 0
                && running.router().upstreamInUse() == 0
                && atCell.get() == 0);
  }
}
