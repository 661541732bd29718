package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.router.handover.PortClaim;
import io.homecell.router.tls.TestAuthority;
import io.homecell.router.tls.TlsFiles;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerConfig;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who is believed to be another datacenter's router, and who is not. */
@Timeout(60)
class LinkTrustIT {
  private static final String HOST = "127.0.0.1";
  private static final Duration WITHIN = Duration.ofSeconds(10);

  @TempDir Path folder;
  private LinkedEdge edge;

  @BeforeEach
  void start() throws Exception {
    edge =
        new LinkedEdge(
            folder,
            LinkIT.settings()
                .withOperation(
                    new Operation(
                        Duration.ZERO,
                        Duration.ofMillis(50),
                        0,
                        100,
                        Optional.empty(),
                        Optional.empty())));
  }

  @AfterEach
  void stop() throws Exception {
    edge.close();
  }

  private double refused(String cause) {
    return edge.count("south", "hc_router_link_refused", "cause", cause);
  }

  /** Whether the peer port sends a word of HTTP/2 to who comes like this. */
  private boolean isServed(SSLContext context, String... protocols) {
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(HOST, edge.southPeerPort())) {
      socket.setSoTimeout((int) WITHIN.toMillis());
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setApplicationProtocols(protocols);
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      socket
          .getOutputStream()
          .write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return socket.getInputStream().read() >= 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void onlyRoutersOfOtherDatacentersAreServed() {
    X509Bundle north = edge.authority.issue(LinkedEdge.NORTH);
    assertThat(isServed(edge.authority.clientContext(north), "h2")).isTrue();
    assertThat(isServed(edge.authority.clientContext(), "h2")).isFalse();
    Deployment.await("named", () -> refused("no-certificate") == 1);
    X509Bundle service = edge.authority.issue("trade.north.homecell");
    assertThat(isServed(edge.authority.clientContext(service), "h2")).isFalse();
    Deployment.await("named", () -> refused("wrong-name") == 1);
    X509Bundle own = edge.authority.issue(LinkedEdge.SOUTH);
    assertThat(isServed(edge.authority.clientContext(own), "h2")).isFalse();
    Deployment.await("named", () -> refused("wrong-name") == 2);
    Instant past = Instant.now().minus(Duration.ofDays(2));
    X509Bundle old = edge.authority.issue(LinkedEdge.NORTH, past, Duration.ofDays(1));
    assertThat(isServed(edge.authority.clientContext(old), "h2")).isFalse();
    Deployment.await("named", () -> refused("expired") == 1);
    X509Bundle strange = new TestAuthority("strangers").issue(LinkedEdge.NORTH);
    assertThat(isServed(edge.authority.clientContext(strange), "h2")).isFalse();
    Deployment.await("named", () -> refused("unknown-authority") == 1);
    assertThat(isServed(edge.authority.clientContext(north), "http/1.1")).isFalse();
    assertThat(isServed(edge.authority.clientContext(north))).isFalse();
    assertThat(edge.get("north", "/accounts/9", 9).body()).isEqualTo("south-1");
  }

  @Test
  void plainHttpIsRefused() throws Exception {
    try (RawClient client = new RawClient(edge.southPeerPort())) {
      client.send("GET /accounts/9 HTTP/1.1\r\nHost: h\r\nX-User-Id: 9\r\n\r\n");
      assertThat(client.readAll()).doesNotContain("HTTP/1.1");
    }
    Deployment.await("named", () -> refused("not-tls") == 1);
    assertThat(edge.south.seen).isEmpty();
  }

  @Test
  void aRouterWithoutTheProofOfAHopIsRefused() {
    TlsFiles files = edge.authority.writeMutual(folder, edge.authority.issue(LinkedEdge.NORTH));
    HttpClient client =
        edge.vertx
            .httpClientBuilder()
            .with(
                new HttpClientOptions()
                    .setProtocolVersion(HttpVersion.HTTP_2)
                    .setSsl(true)
                    .setUseAlpn(true)
                    .setVerifyHost(false))
            .with(
                files
                    .read(Clock.systemUTC())
                    .client(List.of("h2"))
                    .setHostnameVerificationAlgorithm(""))
            .build();
    Map<String, String> proof = Map.of("Cell-Hop", "north", "Cell-Hop-Key", Deployment.KEY);
    assertThat(ask(client, proof)).isEqualTo(200);
    assertThat(ask(client, Map.of())).isEqualTo(403);
    assertThat(ask(client, Map.of("Cell-Hop", "north", "Cell-Hop-Key", "a guess of the key")))
        .isEqualTo(403);
    assertThat(ask(client, Map.of("Cell-Hop", "south", "Cell-Hop-Key", Deployment.KEY)))
        .as("the certificate is north's")
        .isEqualTo(403);
    assertThat(refused("no-hop")).isEqualTo(3);
    assertThat(edge.south.seen).hasSize(1);
    Router.await(client.close(), WITHIN);
  }

  private int ask(HttpClient client, Map<String, String> headers) {
    RequestOptions options =
        new RequestOptions().setHost(HOST).setPort(edge.southPeerPort()).setURI("/accounts/9");
    headers.forEach(options::putHeader);
    return Router.await(
        client
            .request(options)
            .compose(HttpClientRequest::send)
            .map(HttpClientResponse::statusCode),
        WITHIN);
  }

  @Test
  void aServerWithAnotherServicesCertificateGetsNoHop() throws Exception {
    impostor(edge.authority, "trade.south.homecell", "wrong-name");
  }

  @Test
  void aServerOfAnotherAuthorityGetsNoHop() throws Exception {
    impostor(new TestAuthority("strangers"), LinkedEdge.SOUTH, "unknown-authority");
  }

  /** Stands where the south's router stood. */
  private void impostor(TestAuthority by, String name, String kind) throws Exception {
    edge.southRouter.close();
    AtomicInteger asked = new AtomicInteger();
    TlsFiles files = by.write(folder, by.issue(name));
    Router.await(
        edge.vertx
            .createHttpServer(
                new HttpServerConfig()
                    .setVersions(HttpVersion.HTTP_2)
                    .setTcpHost(HOST)
                    .setTcpPort(edge.southPeerPort()),
                files.read(Clock.systemUTC()).server(List.of("h2")))
            .requestHandler(
                request -> {
                  asked.incrementAndGet();
                  request.response().end("stolen");
                })
            .listen(),
        WITHIN);
    HttpResponse<String> answer = edge.post("north", "/accounts/9", 9, "b");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).contains("/problems/cell-unavailable");
    // The request may have failed by what came before: it is tried all the time.
    Deployment.await(
        "named",
        () ->
            edge.count("north", "hc_router_link_failures", "datacenter", "south", "kind", kind)
                > 0);
    assertThat(asked).hasValue(0);
  }

  @Test
  void whatItCanNotProveItDoesNotStartWith() throws Exception {
    edge.northRouter.close();
    TlsFiles wrong = edge.files("north", edge.authority, LinkedEdge.SOUTH);
    assertThatThrownBy(() -> edge.start("north", wrong, PortClaim.ALONE))
        .hasMessageContaining("(expected: router.north.homecell");
    Files.delete(wrong.key());
    assertThatThrownBy(() -> edge.start("north", wrong, PortClaim.ALONE))
        .hasMessageContaining("tls.key: can't be read");
  }

  @Test
  void aNewCertificateIsShownWithoutALostRequest() throws Exception {
    SSLContext north = edge.authority.clientContext(edge.authority.issue(LinkedEdge.NORTH));
    X509Certificate before = shown(north);
    List<Integer> statuses = new CopyOnWriteArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    Thread load =
        new Thread(
            () -> {
              while (!over.get()) {
                statuses.add(edge.post("north", "/accounts/9", 9, "b").statusCode());
              }
            });
    load.start();
    edge.files("south", edge.authority, LinkedEdge.SOUTH);
    Deployment.await("another is shown", () -> !shown(north).equals(before));
    X509Certificate then = shown(north);
    Files.writeString(folder.resolve("south").resolve("tls.crt"), "no certificate");
    Deployment.await("told", () -> edge.gauge("south", "hc_router_link_certificate_refused") == 1);
    assertThat(shown(north)).isEqualTo(then);
    over.set(true);
    load.join();
    assertThat(statuses).isNotEmpty().allMatch(status -> status == 200);
  }

  private X509Certificate shown(SSLContext context) {
    try (SSLSocket socket =
        (SSLSocket) context.getSocketFactory().createSocket(HOST, edge.southPeerPort())) {
      socket.setSoTimeout((int) WITHIN.toMillis());
      socket.startHandshake();
      return (X509Certificate) socket.getSession().getPeerCertificates()[0];
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
