package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.http.AdminServer;
import io.homecell.core.json.Json;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.tls.TlsFiles;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.vertx.core.Handler;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A link that is cut, and a peer that stops, restarts, or refuses: nothing is done twice. */
@Timeout(60)
class LinkFailureIT {
  private static final long REFUSED_STREAM = 0x7;

  @TempDir Path folder;
  private LinkedEdge edge;

  @BeforeEach
  void start() throws Exception {
    edge = new LinkedEdge(folder, LinkIT.settings());
    assertThat(edge.get("north", "/accounts/9", 9).body()).isEqualTo("south-1");
    edge.south.seen.clear();
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private double failures(String kind) {
    return edge.count("north", "hc_router_link_failures", "datacenter", "south", "kind", kind);
  }

  private CompletableFuture<HttpResponse<String>> later(HttpRequest request) {
    return edge.client().sendAsync(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aCutLinkIsNoticedNamedAndComesBackByItself() throws Exception {
    AtomicInteger begun = new AtomicInteger();
    edge.south.answer(request -> begun.incrementAndGet());
    CompletableFuture<HttpResponse<String>> post =
        later(
            edge.request("north", "/accounts/9/x", 9)
                .POST(HttpRequest.BodyPublishers.ofString("b"))
                .build());
    CompletableFuture<HttpResponse<String>> get =
        later(edge.request("north", "/accounts/9/x", 9).GET().build());
    Deployment.await("both are at the cell", () -> begun.get() == 2);
    edge.south.answerAsUsual();
    Deployment.await(
        "pinged", () -> edge.metrics.get("north").get("hc_router_link_ping").timer().count() > 0);
    edge.cable.freeze();
    long from = System.nanoTime();
    assertThat(post.join().statusCode()).as("its outcome is not known").isEqualTo(502);
    assertThat(post.join().body()).contains("/problems/upstream-broken");
    assertThat(get.join().statusCode()).as("sent again, to nobody").isEqualTo(503);
    assertThat(get.join().body()).contains("/problems/cell-unavailable");
    // Silent after 2.3 s, then twice the time of a handshake.
    assertThat(Duration.ofNanos(System.nanoTime() - from)).isLessThan(Duration.ofSeconds(12));
    assertThat(failures("silent")).isPositive();
    assertThat(edge.post("north", "/accounts/9/x", 9, "b").statusCode()).isEqualTo(503);
    Deployment.await(
        "known to be down: requests fail at once",
        () -> {
          long again = System.nanoTime();
          edge.post("north", "/accounts/9/x", 9, "b");
          return System.nanoTime() - again < Duration.ofMillis(500).toNanos();
        });
    AdminServer.Request ask = new AdminServer.Request("GET", "/links", Map.of(), "");
    assertThat(Json.write(edge.northRouter.links().orElseThrow().answer(ask).body()))
        .contains("\"certificate\":\"certificate of 'CN=router.north.homecell'")
        .contains(
            "\"links\":[{\"datacenter\":\"south\",\"address\":\"127.0.0.1:" + edge.cable.port())
        .contains("\"pingMillis\":")
        .containsPattern("\"lastFailure\":\\{\"kind\":\"[a-z-]+\",\"detail\":");
    // The north's own requests don't notice.
    assertThat(edge.get("north", "/accounts/1", 1).body()).isEqualTo("north-1");
    edge.cable.mend();
    Deployment.await(
        "it comes back", () -> edge.get("north", "/accounts/9/x", 9).statusCode() == 200);
    assertThat(edge.south.seen).noneMatch(seen -> seen.method().equals("POST"));
  }

  @Test
  void noRequestFailsWhileThePeerRestarts() throws Exception {
    Queue<String> failures = new ConcurrentLinkedQueue<>();
    AtomicInteger answers = new AtomicInteger();
    AtomicBoolean over = new AtomicBoolean();
    List<Thread> load = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      boolean post = i % 2 == 0;
      Thread thread =
          new Thread(
              () -> {
                while (!over.get()) {
                  HttpResponse<String> answer =
                      post
                          ? edge.post("north", "/accounts/9/x", 9, "b")
                          : edge.get("north", "/accounts/9/x", 9);
                  if (answer.statusCode() != 200) {
                    failures.add(answer.statusCode() + " " + answer.body());
                  }
                  answers.incrementAndGet();
                }
              });
      load.add(thread);
      thread.start();
    }
    TlsFiles files = edge.files("south", edge.authority, LinkedEdge.SOUTH);
    for (int i = 0; i < 3; i++) {
      int until = answers.get() + 200;
      Deployment.await("more answers", () -> answers.get() > until);
      Router next = edge.start("south", files, PortClaim.TAKE_OVER);
      edge.southRouter.close();
      edge.southRouter = next;
    }
    int until = answers.get() + 200;
    Deployment.await("more answers", () -> answers.get() > until);
    over.set(true);
    for (Thread thread : load) {
      thread.join();
    }
    assertThat(failures).as("of " + answers.get()).isEmpty();
  }

  private void peer(Handler<HttpServerRequest> serving) throws Exception {
    edge.peerForSouth(LinkIT.LOOPS, new Http2Settings(), serving);
  }

  private static void goAway(HttpConnection connection, int last) {
    ConnectionBase base = (ConnectionBase) connection;
    ChannelHandlerContext on = base.channelHandlerContext();
    on.pipeline()
        .get(Http2ConnectionHandler.class)
        .goAway(on, last, 0, Unpooled.EMPTY_BUFFER, on.newPromise());
    on.flush();
  }

  @Test
  void whatAPeerThatStopsHasNotLookedAtIsSentAgainWhateverItIs() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    peer(
        request -> {
          if (asked.incrementAndGet() == 1) {
            goAway(request.connection(), 0);
          } else {
            request.body().onSuccess(body -> request.response().end("second " + body));
          }
        });
    HttpResponse<String> answer = edge.post("north", "/accounts/9/x", 9, "b");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("second b");
    assertThat(failures("not-processed")).isEqualTo(1);
  }

  @Test
  void aStreamThatIsRefusedIsSentAgain() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    peer(
        request -> {
          if (asked.incrementAndGet() == 1) {
            request.response().reset(REFUSED_STREAM);
          } else {
            request.response().end("second");
          }
        });
    assertThat(edge.post("north", "/accounts/9/x", 9, "b").body()).isEqualTo("second");
    assertThat(failures("not-processed")).isEqualTo(1);
  }

  @Test
  void whatItMayHaveLookedAtIsSentAtMostOnce() throws Exception {
    AtomicInteger posts = new AtomicInteger();
    AtomicInteger gets = new AtomicInteger();
    peer(
        request -> {
          if (request.method().name().equals("POST")) {
            posts.incrementAndGet();
            goAway(request.connection(), Integer.MAX_VALUE);
            request.connection().close();
          } else if (gets.incrementAndGet() == 1) {
            request.response().reset(0x2);
          } else {
            request.response().end("second");
          }
        });
    HttpResponse<String> answer = edge.post("north", "/accounts/9/x", 9, "b");
    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body()).contains("/problems/upstream-broken");
    assertThat(posts).hasValue(1);
    assertThat(edge.get("north", "/accounts/9/x", 9).body()).isEqualTo("second");
    assertThat(gets).hasValue(2);
    assertThat(failures("reset")).isEqualTo(1);
    assertThat(failures("broken")).isEqualTo(1);
  }
}
