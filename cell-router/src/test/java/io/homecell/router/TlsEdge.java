package io.homecell.router;

import io.homecell.router.tls.TestAuthority;
import io.homecell.router.tls.TlsFiles;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;

/** One router whose port speaks TLS, before one cell, and its clients. */
final class TlsEdge implements AutoCloseable {
  final TestAuthority authority = new TestAuthority("root");
  final SSLContext context = authority.clientContext();
  final Vertx vertx = Vertx.vertx();
  final FakeCell cell = new FakeCell(vertx, "north-1");
  final TlsFiles files;
  final RawEdge edge;
  final int port;
  private final HttpClient client =
      HttpClient.newBuilder().sslContext(context).version(HttpClient.Version.HTTP_2).build();

  TlsEdge(Path folder, UnaryOperator<RouterSettings> change) {
    this(folder, change, "{ type: unit }");
  }

  /**
   * @param service what the topology says of the one service
   */
  TlsEdge(Path folder, UnaryOperator<RouterSettings> change, String service) {
    files = authority.write(folder, authority.issue("edge"));
    RouterSettings settings =
        RouterSettings.standard()
            .withEventLoops(1)
            .withOperation(Operation.standard().withFarewell(Duration.ZERO));
    edge =
        new RawEdge(
            cell.port(),
            change.apply(settings.withTls(TlsTerms.standard().withFiles(Optional.of(files)))),
            service);
    port = edge.port;
  }

  RawHttp2 raw(int... settings) throws IOException {
    return new RawHttp2(port, context, settings);
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
        .header("X-User-Id", "1")
        .timeout(Duration.ofSeconds(20));
  }

  <T> HttpResponse<T> send(HttpRequest.Builder request, HttpResponse.BodyHandler<T> body)
      throws IOException, InterruptedException {
    return client.send(request.build(), body);
  }

  HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
    return send(request, HttpResponse.BodyHandlers.ofString());
  }

  double count(String name, String... tags) {
    return edge.metrics.find(name).tags(tags).counters().stream()
        .mapToDouble(counter -> counter.count())
        .sum();
  }

  @Override
  public void close() throws Exception {
    edge.close();
    cell.close();
    Router.await(vertx.close(), Duration.ofSeconds(10));
  }
}
