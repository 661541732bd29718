package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Bodies that flow, clients that are slow, clients that leave. */
@Timeout(120)
class StreamingIT {
  private static final int PIECE = 64 << 10;

  @TempDir Path folder;
  private Deployment edge;

  @BeforeEach
  void start() throws Exception {
    edge =
        new Deployment(
            folder,
            RouterSettings.standard()
                .withWarmUp(Duration.ZERO)
                .withEventLoops(2)
                .withIdleTimeout(Duration.ofSeconds(2)),
            Optional.empty());
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  /** Writes as fast as it is taken. */
  private static void flood(HttpServerResponse response, long bytes, AtomicLong written) {
    while (written.get() < bytes) {
      if (response.closed() || response.ended()) {
        return;
      }
      if (response.writeQueueFull()) {
        response.drainHandler(ignored -> flood(response, bytes, written));
        return;
      }
      response.write(Buffer.buffer(new byte[PIECE]));
      written.addAndGet(PIECE);
    }
    if (!response.ended()) {
      response.end();
    }
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\n\r\n";
  }

  @Test
  void thePiecesOfAnAnswerPassAsTheyCome() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    AtomicBoolean ended = new AtomicBoolean();
    edge.north.answer(
        request -> {
          request.response().setChunked(true).write("first;");
          edge.north
              .vertx()
              .executeBlocking(() -> read.await(10, TimeUnit.SECONDS))
              .onComplete(
                  ignored -> {
                    ended.set(true);
                    request.response().end("last");
                  });
        });
    try (RawClient client = new RawClient(edge.port("south"))) {
      client.send(get("/accounts/1"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(new String(client.in().readNBytes(9))).isEqualTo("6\r\nfirst;");
      assertThat(ended).isFalse();
      read.countDown();
      assertThat(new String(client.in().readNBytes(9))).contains("last");
    }
  }

  @Test
  void eachEventArrivesBeforeTheNextIsSent() throws Exception {
    AtomicReference<HttpServerResponse> stream = new AtomicReference<>();
    edge.north.answer(
        request -> {
          // Before the head is out: who has read it writes.
          stream.set(request.response());
          request
              .response()
              .setChunked(true)
              .putHeader("Content-Type", "text/event-stream")
              .writeHead();
        });
    try (RawClient client = new RawClient(edge.port("south"))) {
      client.send(get("/accounts/1"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200").contains("text/event-stream");
      for (int i = 0; i < 20; i++) {
        String event = "data: event " + i + "\n\n";
        edge.north.vertx().runOnContext(ignored -> stream.get().write(event));
        String chunk = Integer.toHexString(event.length()) + "\r\n" + event + "\r\n";
        assertThat(new String(client.in().readNBytes(chunk.length()))).isEqualTo(chunk);
      }
    }
    Deployment.await("the cell hears that it left", () -> edge.north.brokenOff.get() == 1);
  }

  @Test
  void aLargeAnswerPassesThroughBothRoutersWithoutBeingKept() throws Exception {
    long bytes = 300L << 20;
    AtomicLong written = new AtomicLong();
    edge.north.answer(
        request -> {
          request.response().putHeader("Content-Length", Long.toString(bytes));
          flood(request.response(), bytes, written);
        });
    try (RawClient client = new RawClient(edge.port("south"))) {
      client.send(get("/accounts/1"));
      client.readHead();
      assertThat(skip(client.in(), bytes)).isEqualTo(bytes);
      edge.north.answerAsUsual();
      client.send(get("/accounts/1"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
    }
  }

  private static long skip(InputStream in, long bytes) throws IOException {
    byte[] buffer = new byte[PIECE];
    long read = 0;
    while (read < bytes) {
      int more = in.read(buffer, 0, (int) Math.min(buffer.length, bytes - read));
      if (more < 0) {
        return read;
      }
      read += more;
    }
    return read;
  }

  @Test
  void aSlowClientSlowsTheCell() throws Exception {
    long bytes = 512L << 20;
    AtomicLong written = new AtomicLong();
    edge.north.answer(
        request -> {
          request.response().setChunked(true);
          flood(request.response(), bytes, written);
        });
    try (RawClient client = new RawClient(edge.port("south"), 64 << 10)) {
      client.send(get("/accounts/1"));
      client.readHead();
      AtomicLong before = new AtomicLong(-1);
      Deployment.await(
          "nothing more is written",
          () -> {
            long now = written.get();
            boolean still = now > 0 && before.getAndSet(now) == now;
            pause();
            return still && written.get() == now;
          });
      // Socket buffers of three connections, not the answer.
      assertThat(written.get()).isLessThan(40L << 20);
      long more = written.get();
      assertThat(skip(client.in(), 60L << 20)).isEqualTo(60L << 20);
      assertThat(written.get()).as("goes on").isGreaterThan(more);
    }
    Deployment.await("the cell hears that it left", () -> edge.north.brokenOff.get() == 1);
  }

  private static void pause() {
    java.util.concurrent.locks.LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
  }

  @Test
  void aCellThatDoesNotReadSlowsTheClient() throws Exception {
    AtomicReferenceOfRequest stuck = new AtomicReferenceOfRequest();
    edge.north.answer(
        request -> {
          request.pause();
          stuck.request = request;
        });
    try (RawClient client = new RawClient(edge.port("north"))) {
      client.send(
          "POST /accounts/1/x HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\n"
              + "Content-Length: 1000000\r\n\r\n"
              + "u".repeat(500_000));
      Deployment.await("it arrives", () -> stuck.request != null);
      HttpServerRequest request = stuck.request;
      AtomicInteger received = new AtomicInteger();
      edge.north
          .vertx()
          .runOnContext(
              ignored -> {
                request.handler(piece -> received.addAndGet(piece.length()));
                request.endHandler(v -> request.response().end());
                request.resume();
              });
      client.send("u".repeat(500_000));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(received).hasValue(1_000_000);
    }
  }

  private static final class AtomicReferenceOfRequest {
    private volatile HttpServerRequest request;
  }

  @Test
  void aCellThatBreaksOffInMidAnswerIsNotTakenForAWholeOne() throws Exception {
    AtomicReference<HttpConnection> cell = new AtomicReference<>();
    edge.north.answer(
        request -> {
          cell.set(request.connection());
          request.response().setChunked(true).write("half");
        });
    try (RawClient client = new RawClient(edge.port("south"))) {
      client.send(get("/accounts/1"));
      assertThat(client.readHead()).startsWith("HTTP/1.1 200");
      assertThat(new String(client.in().readNBytes(9))).isEqualTo("4\r\nhalf\r\n");
      cell.get().close();
      assertThat(client.readAll()).isEmpty();
    }
  }

  @Test
  void clientsThatHangUpAnywhereLeaveNothingBehind() throws Exception {
    Random random = new Random(20261122);
    edge.north.answer(this::moody);
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).addAppender(logged);
    // What stays open for good is open after the first few.
    hangUpsAmongOthers(random, 100);
    int files = openFiles();
    hangUpsAmongOthers(random, 2_000);
    // The other users' own connections, of which the client may have kept one more or less.
    assertThat(openFiles()).isLessThanOrEqualTo(files + 8);
    assertThat(logged.list).filteredOn(event -> event.getThrowableProxy() != null).isEmpty();
    assertThat(edge.router("north").held()).isZero();
  }

  /** Ends when nothing of it is left: no upstream connection, used or idle, at either end. */
  private void hangUpsAmongOthers(Random random, int times) throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService others = Executors.newFixedThreadPool(4);
    List<Future<Integer>> served = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int user = i;
      served.add(others.submit(() -> useUntil(over, user)));
    }
    hangUps(random, times);
    over.set(true);
    for (Future<Integer> one : served) {
      assertThat(one.get(20, TimeUnit.SECONDS)).isPositive();
    }
    others.shutdown();
    settle();
  }

  /** Others are served meanwhile, and each gets the answer to its own question. */
  private int useUntil(AtomicBoolean over, int who) {
    int answers = 0;
    do {
      String question = "/accounts/1/echo?n=" + who + "-" + answers;
      assertThat(edge.get("south", question, 1).body()).isEqualTo(question);
      answers++;
    } while (!over.get());
    return answers;
  }

  /** Answers at once, late, at length or never. */
  private void moody(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    if (request.path().endsWith("/echo")) {
      response.end(request.uri());
    } else if (request.path().endsWith("/never")) {
      request.resume();
    } else if (request.path().endsWith("/long")) {
      response.setChunked(true);
      flood(response, 4L << 20, new AtomicLong());
    } else {
      request
          .body()
          .onSuccess(
              body ->
                  edge.north
                      .vertx()
                      .setTimer(
                          5,
                          ignored -> {
                            if (!response.closed()) {
                              response.end("late");
                            }
                          }));
    }
  }

  private void hangUps(Random random, int times) throws IOException {
    String[] paths = {"/echo", "/never", "/long", "/late"};
    for (int i = 0; i < times; i++) {
      String path = "/accounts/1" + paths[random.nextInt(paths.length)];
      String request =
          random.nextBoolean()
              ? get(path)
              : "POST "
                  + path
                  + " HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nContent-Length: 5000\r\n\r\n"
                  + "p".repeat(5_000);
      int cut = random.nextInt(4) == 0 ? random.nextInt(request.length()) : request.length();
      RawClient client = new RawClient(edge.port(random.nextBoolean() ? "north" : "south"));
      client.send(request.substring(0, cut));
      if (cut == request.length() && !path.endsWith("/never") && random.nextBoolean()) {
        assertThat(client.in().read(new byte[1 + random.nextInt(200)])).isPositive();
      }
      if (random.nextBoolean()) {
        client.hangUp();
      } else {
        client.close();
      }
    }
  }

  private void settle() {
    Deployment.await(
        "no upstream connection is left",
        () ->
            edge.router("north").upstreamConnections() == 0
                && edge.router("south").upstreamConnections() == 0
                && edge.north.connections.get() == 0);
    assertThat(edge.router("north").upstreamInUse()).isZero();
    assertThat(edge.router("south").upstreamInUse()).isZero();
  }

  private static int openFiles() {
    String[] files = new File("/proc/self/fd").list();
    return files == null ? 0 : files.length;
  }
}
