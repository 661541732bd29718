package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.homecell.router.RawHttp2.Frame;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** An instance spoken to by HTTP/2 that stops, refuses or dies: nothing is done twice. */
@Timeout(60)
class H2cFailureIT {
  private static final String PATH = "/accounts/1/x";
  private static final int WHOLE = RawHttp2.END_STREAM;
  private static final int INTERNAL_ERROR = 2;

  @TempDir static Path folder;
  private static TlsEdge edge;

  @BeforeAll
  static void start() {
    edge = new TlsEdge(folder, H2cUpstreamIT::settings, H2cUpstreamIT.SERVICE);
  }

  @AfterAll
  static void stop() throws Exception {
    edge.close();
  }

  private static HttpRequest.Builder post() {
    return edge.request(PATH).POST(HttpRequest.BodyPublishers.ofString("b"));
  }

  /** What a cell does with a request whose head has come. */
  private interface Serving {
    void serve(RawHttp2 connection, Frame head, String method) throws IOException;
  }

  private static RawStreams cell(Serving serving) throws IOException {
    RawStreams cell =
        new RawStreams(
            (connection, number) -> {
              Frame head = connection.await(f -> f.type() == RawHttp2.HEADERS);
              while (!head.isEnd()) {
                String method = connection.fields(head).method().toString();
                serving.serve(connection, head, method);
                head = connection.await(f -> f.type() == RawHttp2.HEADERS);
              }
            });
    edge.edge.before(cell.port());
    return cell;
  }

  private static void answer(RawHttp2 connection, Frame head, String text) throws IOException {
    connection.headers(head.stream(), 0, ":status", "200");
    connection.data(head.stream(), WHOLE, text);
  }

  private static void goAway(RawHttp2 connection, int last) throws IOException {
    connection.send(RawHttp2.GO_AWAY, 0, 0, ByteBuffer.allocate(8).putInt(last).putInt(0).array());
  }

  private static double failures(String kind) {
    return edge.count("hc_router_upstream_stream_failures", "kind", kind);
  }

  @Test
  void whatACellThatStopsHasNotLookedAtIsSentAgainWhateverItIs() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    double before = failures("not-processed");
    try (RawStreams cell =
        cell(
            (connection, head, method) -> {
              if (asked.incrementAndGet() == 1) {
                goAway(connection, 0);
              } else {
                answer(connection, head, "second");
              }
            })) {
      HttpResponse<String> answer = edge.send(post());
      assertThat(answer.body()).isEqualTo("second");
      assertThat(cell.connections).hasValue(2);
      assertThat(failures("not-processed")).isEqualTo(before + 1);
    }
  }

  @Test
  void whatACellThatStopsHasLookedAtComesToItsEnd() throws Exception {
    try (RawStreams cell =
        cell(
            (connection, head, method) -> {
              goAway(connection, head.stream());
              answer(connection, head, "last");
            })) {
      for (int i = 1; i <= 3; i++) {
        assertThat(edge.send(post()).body()).isEqualTo("last");
        assertThat(cell.connections).as("none is used again").hasValue(i);
      }
    }
  }

  @Test
  void aStreamThatIsRefusedIsSentAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    try (RawStreams cell =
        cell(
            (connection, head, method) -> {
              if (asked.incrementAndGet() == 1) {
                connection.reset(head.stream(), RawHttp2.REFUSED_STREAM);
              } else {
                answer(connection, head, "second");
              }
            })) {
      assertThat(edge.send(post()).body()).isEqualTo("second");
      assertThat(cell.connections).hasValue(1);
    }
  }

  @Test
  void whatMayHaveBeenLookedAtIsSentAtMostOnce() throws Exception {
    AtomicInteger posts = new AtomicInteger();
    AtomicInteger gets = new AtomicInteger();
    try (RawStreams cell =
        cell(
            (connection, head, method) -> {
              if (method.equals("POST")) {
                posts.incrementAndGet();
                connection.reset(head.stream(), INTERNAL_ERROR);
              } else if (gets.incrementAndGet() == 1) {
                connection.reset(head.stream(), INTERNAL_ERROR);
              } else {
                answer(connection, head, "second");
              }
            })) {
      HttpResponse<String> answer = edge.send(post());
      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(answer.body()).contains("/problems/upstream-broken");
      assertThat(posts).hasValue(1);
      assertThat(edge.send(edge.request(PATH)).body()).isEqualTo("second");
      assertThat(gets).hasValue(2);
      assertThat(cell.connections).hasValue(1);
      assertThat(failures("reset")).isGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void aConnectionThatDiesTakesNoUnsafeRequestToAnother() throws Exception {
    AtomicInteger posts = new AtomicInteger();
    AtomicInteger all = new AtomicInteger();
    try (RawStreams cell =
        cell(
            (connection, head, method) -> {
              posts.addAndGet(method.equals("POST") ? 1 : 0);
              int number = all.incrementAndGet();
              if (number == 6) {
                connection.close();
              } else if (number > 6) {
                answer(connection, head, "later");
              }
            })) {
      List<CompletableFuture<String>> answers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        boolean unsafe = i % 2 == 0;
        answers.add(
            CompletableFuture.supplyAsync(
                () -> {
                  try {
                    return edge.send(unsafe ? post() : edge.request(PATH)).statusCode()
                        + (unsafe ? " POST" : " GET");
                  } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                  }
                }));
      }
      assertThat(answers.stream().map(CompletableFuture::join))
          .containsExactlyInAnyOrder(
              "502 POST", "502 POST", "502 POST", "200 GET", "200 GET", "200 GET");
      assertThat(posts).hasValue(3);
      assertThat(edge.send(post()).body()).isEqualTo("later");
    }
  }

  @Test
  void aConnectionThatWasClosedWhileItWasIdleFailsNothing() throws Exception {
    Semaphore idle = new Semaphore(0);
    try (RawStreams cell =
        cell(
            (connection, head, method) -> {
              connection.await(f -> f.endsStream());
              answer(connection, head, "fine");
              idle.acquireUninterruptibly();
              connection.close();
            })) {
      Deployment.await("none of others", () -> edge.edge.router.upstreamConnections() == 0);
      for (int i = 0; i < 5; i++) {
        assertThat(edge.send(post()).body()).isEqualTo("fine");
        int connections = i + 1;
        // The figure is of the last tick: 0 could be from before this connection.
        Deployment.await("known", () -> edge.edge.router.upstreamConnections() == 1);
        idle.release();
        Deployment.await("closed", () -> edge.edge.router.upstreamConnections() == 0);
        assertThat(cell.connections).hasValue(connections);
      }
    }
  }

  @Test
  void aConnectionThatIsSilentIsGivenUp() throws Exception {
    try (RawCell silent =
        new RawCell(
            (socket, number) -> {
              RawHttp2 connection = new RawHttp2(socket);
              Frame head = connection.await(f -> f.type() == RawHttp2.HEADERS);
              if (number > 1) {
                answer(connection, head, "fine");
              }
              // Nothing more is read: no ping is answered, but nothing is closed either.
              Deployment.await("given up", () -> !isOpen(socket));
            })) {
      edge.edge.before(silent.port());
      long from = System.nanoTime();
      HttpResponse<String> answer = edge.send(post());
      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(8));
      assertThat(edge.send(post()).body()).isEqualTo("fine");
    }
  }

  private static boolean isOpen(java.net.Socket socket) {
    try {
      socket.setSoTimeout(20);
      return socket.getInputStream().read(new byte[1 << 16]) >= 0;
    } catch (java.net.SocketTimeoutException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void clientsThatLeaveAtAnyMomentLeaveNothingBehind() throws Exception {
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    logged.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(logged);
    edge.edge.before(edge.cell.port());
    edge.cell.answer(
        request -> {
          if (request.path().endsWith("/never")) {
            return;
          }
          request
              .body()
              .onSuccess(body -> request.response().setChunked(true).write("x".repeat(200_000)));
          request.response().exceptionHandler(ignored -> {});
        });
    Random random = new Random(42);
    int before = Leaks.openFiles();
    try {
      for (int i = 0; i < 150; i++) {
        try (RawClient client = new RawClient(edge.port, edge.context)) {
          String request =
              "POST /accounts/1/"
                  + (i % 3 == 0 ? "never" : "x")
                  + " HTTP/1.1\r\nHost: h\r\nX-User-Id: 1\r\nContent-Length: 50000\r\n\r\n"
                  + "b".repeat(50_000);
          client.send(request.substring(0, random.nextInt(request.length() + 1)));
          if (i % 5 == 0) {
            client.within(20).in().read(new byte[random.nextInt(1, 8_000)]);
          }
        } catch (java.net.SocketTimeoutException e) {
          // Left before the answer began.
        }
      }
      Deployment.await("none in use", () -> edge.edge.router.upstreamInUse() == 0);
      edge.cell.answerAsUsual();
      assertThat(edge.send(post()).body()).isEqualTo("north-1");
      assertThat(Leaks.of(logged)).isEmpty();
      assertThat(logged.list).noneMatch(event -> event.getThrowableProxy() != null);
      Deployment.await("files closed", () -> Leaks.openFiles() <= before + 8);
    } finally {
      root.detachAppender(logged);
      edge.cell.answerAsUsual();
    }
  }
}
