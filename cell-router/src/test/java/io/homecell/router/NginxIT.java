package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The configuration of docs/nginx.md, run by a real nginx. */
@Timeout(60)
class NginxIT {
  private static final Path DOCUMENT = Path.of("..", "docs", "nginx.md");
  private static final Pattern CONFIGURATION =
      Pattern.compile("```nginx\n(.*?)```", Pattern.DOTALL);

  @TempDir Path folder;
  private final LoneRouter edge = new LoneRouter();
  private final FakeCell farRouter = new FakeCell(edge.vertx, "south-router");
  private final int port = FreePort.next();
  private final int owners = FreePort.next();
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private OneTable table;
  private LoneRouter.Running running;
  private Process nginx;

  @BeforeEach
  void start() throws Exception {
    Optional<Path> program = program();
    assumeTrue(program.isPresent(), "no nginx on the PATH");
    Topology topology =
        TopologyFile.parse(
            "test",
            edge.topology(LoneRouter.ROUTES)
                .replace("127.0.0.1:4\"", "127.0.0.1:" + farRouter.port() + "\""));
    table = new OneTable(RouteTable.initial(topology));
    running =
        edge.start(
            PortClaim.ALONE,
            LoneRouter.settings()
                .withOperation(
                    Operation.standard()
                        .withFarewell(Duration.ZERO)
                        .withOwnersAt(new Topology.Endpoint(LoneRouter.HOST, owners))),
            Optional.empty(),
            topology,
            table);
    nginx = launch(program.get());
    Deployment.await("nginx listens", this::listens);
  }

  private static Optional<Path> program() {
    String path = System.getenv().getOrDefault("PATH", "");
    return List.of((path + File.pathSeparator + "/usr/sbin").split(File.pathSeparator, -1)).stream()
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, "nginx"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** As it is in the document but for its ports and the folders for what it buffers. */
  private Process launch(Path program) throws IOException {
    Matcher block = CONFIGURATION.matcher(Files.readString(DOCUMENT));
    assertThat(block.find()).as("the configuration in " + DOCUMENT).isTrue();
    String text = block.group(1);
    Map<String, String> ours =
        Map.of(
            "listen 127.0.0.1:8080;", "listen 127.0.0.1:" + port + ";",
            "server 127.0.0.1:8081;", "server 127.0.0.1:" + edge.port + ";",
            "server 127.0.0.1:8181;", "server 127.0.0.1:" + owners + ";",
            "http {", "http {\n" + folders());
    for (Map.Entry<String, String> change : ours.entrySet()) {
      assertThat(text).containsOnlyOnce(change.getKey());
      text = text.replace(change.getKey(), change.getValue());
    }
    Path file = Files.writeString(folder.resolve("nginx.conf"), text);
    String globals = "daemon off; pid nginx.pid; error_log stderr warn;";
    if (System.getProperty("user.name").equals("root")) {
      globals += " user root;";
    }
    return new ProcessBuilder(
            program.toString(), "-p", folder.toString(), "-c", file.toString(), "-g", globals)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("nginx.out").toFile())
        .start();
  }

  private static String folders() {
    StringBuilder lines = new StringBuilder();
    for (String kind : List.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")) {
      lines.append(kind).append("_temp_path ").append(kind).append(";\n");
    }
    return lines.toString();
  }

  private boolean listens() {
    try (Socket socket = new Socket()) {
      assertThat(nginx.isAlive()).as(output()).isTrue();
      socket.connect(new InetSocketAddress(LoneRouter.HOST, port), 1_000);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private String output() {
    try {
      return Files.readString(folder.resolve("nginx.out"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @AfterEach
  void stop() throws Exception {
    if (nginx != null) {
      nginx.destroy();
      assertThat(nginx.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
    if (running != null) {
      running.router().close();
    }
    farRouter.close();
    edge.close();
  }

  private HttpRequest.Builder request(String path, int user) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(Duration.ofSeconds(20))
        .header("X-User-Id", Integer.toString(user));
  }

  private HttpRequest post(String path, int user, String body) {
    return request(path, user).POST(HttpRequest.BodyPublishers.ofString(body)).build();
  }

  private HttpResponse<String> send(HttpRequest request) throws Exception {
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aRequestGoesStraightToItsOwner() throws Exception {
    HttpResponse<String> answer =
        send(
            request("/accounts/1/deposits?x=%2F&y", 1)
                .header("Cell-User", "2")
                .header("Cell-Hop", "south")
                .POST(HttpRequest.BodyPublishers.ofString("{\"amount\":\"1\"}"))
                .build());
    assertThat(answer.statusCode()).as(output()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("north-1");
    FakeCell.Seen seen = edge.cell.seen.get(0);
    assertThat(seen.method()).isEqualTo("POST");
    assertThat(seen.uri()).isEqualTo("/accounts/1/deposits?x=%2F&y");
    assertThat(seen.body()).isEqualTo("{\"amount\":\"1\"}");
    assertThat(seen.headers().getAll("Cell-User")).containsExactly("1");
    assertThat(seen.headers().contains("Cell-Hop")).isFalse();
    assertThat(seen.headers().contains("Via")).as("past the router").isFalse();
  }

  @Test
  void aRequestOfAnotherDatacenterGoesToItsRouter() throws Exception {
    assertThat(send(post("/orders", 9, "o")).body()).isEqualTo("south-router");
    assertThat(edge.cell.seen).isEmpty();
  }

  @Test
  void whatTheRouterRefusesIsRefusedInItsWords() throws Exception {
    HttpResponse<String> unknown = send(request("/nowhere", 1).GET().build());
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(unknown.body()).contains("/problems/unknown-route");
    assertThat(send(request("/accounts/x", 1).GET().build()).body()).contains("/problems/bad-id");
    assertThat(edge.cell.seen).isEmpty();
  }

  @Test
  void aRequestWhoseSlotMovesIsHeldByTheRouter() throws Exception {
    table.publish(table.current().withMoving(List.of(1), "south-1"));
    CompletableFuture<HttpResponse<String>> held =
        client.sendAsync(post("/accounts/1/x", 1, "b"), HttpResponse.BodyHandlers.ofString());
    Deployment.await("it is held", () -> running.router().held() == 1);
    table.publish(table.current().withOwners(Map.of(1, SlotRoute.open("south-1", 2))));
    HttpResponse<String> answer = held.get(20, TimeUnit.SECONDS);
    assertThat(answer.body()).isEqualTo("south-router");
    assertThat(farRouter.seen.get(0).body()).isEqualTo("b");
  }

  @Test
  void aCellThatHasJustLostTheSlotIsFollowedByTheRouter() throws Exception {
    edge.cell.answer(edge.cell.misdirected(1, 2));
    CompletableFuture<HttpResponse<String>> waiting =
        client.sendAsync(post("/accounts/1/x", 1, "b"), HttpResponse.BodyHandlers.ofString());
    Deployment.await("nginx, then the router", () -> edge.cell.seen.size() == 2);
    assertThat(edge.cell.seen.get(0).headers().contains("Via")).isFalse();
    assertThat(edge.cell.seen.get(1).headers().contains("Via")).isTrue();
    table.publish(table.current().withOwners(Map.of(1, SlotRoute.open("south-1", 2))));
    HttpResponse<String> answer = waiting.get(20, TimeUnit.SECONDS);
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("south-router");
    assertThat(farRouter.seen.get(0).body()).isEqualTo("b");
  }

  @Test
  void anErrorOfACellIsNotSentAgain() throws Exception {
    edge.cell.answer(
        request -> {
          edge.cell.note(request, "");
          request.response().setStatusCode(500).end("broken");
        });
    HttpResponse<String> answer = send(post("/accounts/1/x", 1, ""));
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).isEqualTo("broken");
    assertThat(edge.cell.seen).hasSize(1);
  }
}
