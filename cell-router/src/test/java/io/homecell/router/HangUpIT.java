package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.util.ResourceLeakDetector;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Clients that hang up at any moment leave nothing behind: the bar is 10,000 of them. */
@Timeout(120)
class HangUpIT {
  private static final int CLIENTS = 10_000;
  private static final int THREADS = 4;
  private static final long SEED = 20261127;
  private static final int MOVING_USER = 2;

  @TempDir Path folder;
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private final AtomicInteger held = new AtomicInteger();
  private ResourceLeakDetector.Level levelBefore;
  private Deployment edge;

  /** What a client does before it leaves. */
  private enum Until {
    HEAD,
    BODY,
    BEFORE_ANSWER,
    IN_ANSWER,
    HELD,
    REFUSED,
    IDLE
  }

  @BeforeEach
  void start() throws Exception {
    edge =
        new Deployment(
            folder,
            RouterSettings.standard()
                .withWarmUp(Duration.ZERO)
                .withEventLoops(2)
                .withIdleTimeout(Duration.ofSeconds(1)),
            Optional.empty());
    // Vert.x turns it off when it is loaded.
    levelBefore = ResourceLeakDetector.getLevel();
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    edge.north.answer(this::answer);
    edge.moving(MOVING_USER, "south-1");
    logged.start();
    root().addAppender(logged);
  }

  @AfterEach
  void stop() throws Exception {
    root().detachAppender(logged);
    edge.close();
    ResourceLeakDetector.setLevel(levelBefore);
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @Test
  void tenThousandClientsThatHangUpLeaveNothingBehind() throws Exception {
    // What stays open for good is open after the first few.
    hangUp(400, SEED - 1);
    settle();
    int files = Leaks.openFiles();
    hangUp(CLIENTS, SEED);
    settle();
    Deployment.await("no more files are open than before", () -> Leaks.openFiles() <= files);
    assertThat(held).as("clients that left while held").hasValueGreaterThan(CLIENTS / 20);
    assertThat(Leaks.of(logged)).isEmpty();
    assertThat(logged.list).filteredOn(event -> event.getThrowableProxy() != null).isEmpty();
    assertThat(Leaks.warnings(logged)).isEmpty();
    assertThat(edge.get("south", "/accounts/1/late", 1).body()).isEqualTo("late");
    assertThat(edge.get("north", "/accounts/1/late", 1).body()).isEqualTo("late");
  }

  @Test
  void whoseBodyTurnsOutToBeNoneIsHeldNoLonger() throws Exception {
    try (RawClient client = new RawClient(edge.port("north")).within(10_000)) {
      client.send(
          "POST /accounts/2/late HTTP/1.1\r\nHost: h\r\nX-User-Id: 2\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
      Deployment.await("it is held", () -> edge.router("north").held() == 1);
      client.send("no chunk\r\n");
      assertThat(client.readAll()).startsWith("HTTP/1.1 400 ").contains("/problems/bad-body");
      assertThat(edge.router("north").held()).isZero();
    }
  }

  private void hangUp(int clients, long seed) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    List<Future<?>> done = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      Random random = new Random(seed * THREADS + i);
      done.add(
          threads.submit(
              () -> {
                for (int n = 0; n < clients / THREADS; n++) {
                  hangUp(random);
                }
                return null;
              }));
    }
    for (Future<?> one : done) {
      one.get(60, TimeUnit.SECONDS);
    }
    threads.shutdown();
  }

  private void hangUp(Random random) throws IOException {
    Until until = Until.values()[random.nextInt(Until.values().length)];
    String head = head(until, random);
    String body = head.startsWith("POST") ? body(head) : "";
    RawClient client =
        new RawClient(edge.port(random.nextBoolean() ? "north" : "south")).within(10_000);
    switch (until) {
      case HEAD -> client.send(head.substring(0, random.nextInt(head.length())));
      case BODY -> client.send(head + body.substring(0, random.nextInt(body.length())));
      case BEFORE_ANSWER -> client.send(head + body);
      case HELD -> {
        client.send(head + body);
        held.incrementAndGet();
      }
      case REFUSED -> {
        client.send(head.replace("5000", "50000000"));
        assertThat(client.in().read(new byte[1])).isPositive();
        goOn(client, body);
      }
      default -> {
        client.send(head + body);
        assertThat(client.in().read(new byte[1 + random.nextInt(5_000)])).isPositive();
      }
    }
    leave(client, random);
  }

  /** Sends more, though it was told that nobody reads it. */
  private static void goOn(RawClient client, String body) {
    try {
      client.send(body);
    } catch (IOException e) {
      // It is closed already.
    }
  }

  private static void leave(RawClient client, Random random) throws IOException {
    switch (random.nextInt(3)) {
      case 0 -> client.hangUp();
      case 1 -> client.close();
      default -> {
        client.halfClose();
        try {
          client.in().read(new byte[100]);
        } catch (IOException e) {
          // The router has closed it over what it had not read.
        }
        client.close();
      }
    }
  }

  private static String head(Until until, Random random) {
    String path =
        switch (until) {
          case HEAD, BODY -> List.of("/late", "/never", "/long").get(random.nextInt(3));
          case BEFORE_ANSWER -> random.nextBoolean() ? "/late" : "/never";
          case IN_ANSWER -> "/long";
          case HELD, REFUSED, IDLE -> "/late";
        };
    int user = until == Until.HELD ? MOVING_USER : 1;
    boolean post = until == Until.BODY || until == Until.HELD || random.nextBoolean();
    return (post ? "POST" : "GET")
        + (" /accounts/" + user + path + " HTTP/1.1\r\nHost: h\r\nX-User-Id: " + user + "\r\n")
        + (!post
            ? ""
            : until == Until.REFUSED || random.nextBoolean()
                ? "Content-Length: 5000\r\n"
                : "Transfer-Encoding: chunked\r\n")
        + "\r\n";
  }

  private static String body(String head) {
    String piece = "p".repeat(5_000);
    return head.contains("chunked") ? "1388\r\n" + piece + "\r\n0\r\n\r\n" : piece;
  }

  /** Answers late, at length or never. */
  private void answer(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    if (request.path().endsWith("/never")) {
      request.resume();
    } else if (request.path().endsWith("/long")) {
      response.setChunked(true);
      flood(response, 40);
    } else {
      request
          .body()
          .onSuccess(body -> edge.north.vertx().setTimer(2, ignored -> endUnlessClosed(response)));
    }
  }

  private static void endUnlessClosed(HttpServerResponse response) {
    if (!response.closed()) {
      response.end("late");
    }
  }

  private static void flood(HttpServerResponse response, int pieces) {
    for (int left = pieces; left > 0; left--) {
      int then = left;
      if (response.closed()) {
        return;
      }
      if (response.writeQueueFull()) {
        response.drainHandler(ignored -> flood(response, then));
        return;
      }
      response.write(Buffer.buffer(new byte[16 << 10]));
    }
    response.end();
  }

  private void settle() {
    Deployment.await(
        "nothing is held, and no upstream connection is left",
        () ->
            List.of("north", "south").stream()
                .map(edge::router)
                .allMatch(
                    router ->
                        router.held() == 0
                            && router.upstreamInUse() == 0
                            && router.upstreamConnections() == 0));
    Deployment.await("the cell has none left", () -> edge.north.connections.get() == 0);
  }
}
