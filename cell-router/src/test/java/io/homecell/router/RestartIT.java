package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.process.Announcement;
import io.homecell.core.registry.Instance;
import io.homecell.core.registry.InstanceRegistry;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.tls.TestAuthority;
import io.homecell.router.tls.TlsFiles;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Router processes as an operator starts, reloads, replaces and stops them. */
@Timeout(150)
@EnabledOnOs(value = OS.LINUX, disabledReason = "the port is handed over by the kernel of Linux")
class RestartIT {
  private static final int TERMINATED = 143;
  private static final Duration READY_WITHIN = Duration.ofSeconds(45);

  /** A process, and the folder that it has for itself. */
  private record RouterProcess(Process process, Path folder) {
    /** A JVM, a warm-up and a ZooKeeper session take long on a machine that is busy. */
    Announcement announced() {
      long deadline = System.nanoTime() + READY_WITHIN.toNanos();
      while (Announcement.read(folder).isEmpty()) {
        assertThat(process.isAlive() && System.nanoTime() < deadline).as(log()).isTrue();
        LockSupport.parkNanos(20_000_000);
      }
      return Announcement.read(folder).orElseThrow();
    }

    String log() {
      try {
        return Files.readString(folder.resolve("log"));
      } catch (IOException e) {
        return e.toString();
      }
    }
  }

  @TempDir Path folder;
  private final LoneRouter edge = new LoneRouter();
  private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
  private final List<RouterProcess> started = new ArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private String topologyText;

  @BeforeEach
  void start() throws Exception {
    TestingServer zookeeper = new TestingServer(true);
    toClose.push(zookeeper);
    topologyText = edge.topology(zookeeper.getConnectString(), LoneRouter.ROUTES);
    Files.writeString(folder.resolve("topology.yaml"), topologyText);
    Files.writeString(folder.resolve("secrets"), "edge.hop=" + Deployment.KEY + "\n");
    Topology topology = TopologyFile.read(folder.resolve("topology.yaml"));
    CuratorFramework coordination = Coordination.connect(topology.coordination());
    toClose.push(coordination);
    new RouteStore(coordination).createIfAbsent(RouteTable.initial(topology));
    CuratorFramework registry =
        Coordination.connectRegistry(
            topology.datacenter("north"), topology.coordination().sessionTimeout());
    toClose.push(registry);
    toClose.push(
        InstanceRegistry.register(
            registry,
            new Instance("account", "north-1", "north-1.1", "127.0.0.1", edge.cell.port())));
  }

  @AfterEach
  void stop() throws Exception {
    for (RouterProcess router : started) {
      router.process.destroyForcibly();
      assertThat(router.process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
    for (AutoCloseable part : toClose) {
      part.close();
    }
    edge.close();
  }

  private RouterProcess router(String name, Map<String, String> more) throws IOException {
    Path data = Files.createDirectories(folder.resolve(name));
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Djava.net.preferIPv4Stack=true",
            RouterMain.class.getName());
    Map<String, String> environment = builder.environment();
    environment.put("CLASSPATH", System.getProperty("java.class.path"));
    environment.put("HOMECELL_TOPOLOGY", folder.resolve("topology.yaml").toString());
    environment.put("HOMECELL_SECRETS", folder.resolve("secrets").toString());
    environment.put("HOMECELL_DATACENTER", "north");
    environment.put("HOMECELL_INSTANCE", name);
    environment.put("HOMECELL_DATA", data.toString());
    environment.putAll(more);
    File log = data.resolve("log").toFile();
    RouterProcess router =
        new RouterProcess(builder.redirectErrorStream(true).redirectOutput(log).start(), data);
    started.add(router);
    return router;
  }

  private HttpResponse<String> admin(Announcement router, String method, String path)
      throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + router.adminPort() + path))
            .timeout(Duration.ofSeconds(10))
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void noRequestFailsWhileOneProcessIsReloadedAndReplacedByAnother() throws Exception {
    RouterProcess first = router("north.router.1", Map.of());
    Announcement serving = first.announced();
    try (SteadyLoad load = new SteadyLoad(edge.port)) {
      load.awaitAnswers(300);
      reload(serving);
      load.awaitAnswers(300);

      RouterProcess byMistake = router("north.router.mistake", Map.of());
      assertThat(byMistake.process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(byMistake.process.exitValue()).isEqualTo(1);
      assertThat(byMistake.log()).contains("port " + edge.port + " of 127.0.0.1 is taken");

      RouterProcess second = router("north.router.2", Map.of("HOMECELL_TAKE_OVER", "true"));
      Announcement next = second.announced();
      assertThat(admin(next, "GET", "/health/ready").statusCode()).isEqualTo(200);
      first.process.destroy();
      Deployment.await("it is not ready any more", () -> isNotReadyOrGone(serving));
      assertThat(first.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(first.process.exitValue()).isEqualTo(TERMINATED);
      load.awaitAnswers(300);
      load.close();
      assertThat(load.failures).as("of %d requests", load.answers.get()).isEmpty();
      assertThat(admin(next, "GET", "/metrics").body()).contains("outcome=\"2xx\"");
      assertThat(admin(next, "GET", "/table").body()).contains("\"epoch\":1", "\"ageSeconds\":");
      assertThat(first.log()).doesNotContain("did not close", "not all parts closed");
    }
  }

  @Test
  void noRequestByHttp2FailsWhileOneProcessIsReplacedByAnother() throws Exception {
    TestAuthority authority = new TestAuthority("root");
    TlsFiles files = authority.write(folder, authority.issue("edge"));
    Map<String, String> tls =
        Map.of(
            TlsFiles.CERTIFICATE, files.certificate().toString(),
            TlsFiles.KEY, files.key().toString());
    RouterProcess first = router("north.router.1", tls);
    Announcement serving = first.announced();
    try (Http2Load load = new Http2Load(edge.vertx, edge.port)) {
      load.awaitAnswers(300);
      Map<String, String> takeOver = new HashMap<>(tls);
      takeOver.put("HOMECELL_TAKE_OVER", "true");
      Announcement next = router("north.router.2", takeOver).announced();
      load.awaitAnswers(300);
      first.process.destroy();
      Deployment.await("it is not ready any more", () -> isNotReadyOrGone(serving));
      assertThat(first.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(first.process.exitValue()).isEqualTo(TERMINATED);
      load.awaitAnswers(300);
      load.close();
      assertThat(load.failures).as("of %d requests", load.answers.get()).isEmpty();
      assertThat(admin(next, "GET", "/metrics").body()).contains("outcome=\"2xx\"");
      assertThat(first.log()).doesNotContain("did not close", "not all parts closed");
    }
  }

  private void reload(Announcement serving) throws Exception {
    Files.writeString(
        folder.resolve("topology.yaml"),
        topologyText + "    - { path: \"/extra/**\", to: nearest, service: account }\n");
    HttpResponse<String> answer = admin(serving, "POST", "/reload");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"routes\":4");
    assertThat(admin(serving, "GET", "/why?path=/extra/1").body())
        .contains("\"rule\":\"/extra/**\"");
    Files.writeString(folder.resolve("topology.yaml"), topologyText + "broken");
    assertThat(admin(serving, "POST", "/reload").statusCode()).isEqualTo(422);
    assertThat(admin(serving, "GET", "/metrics").body()).contains("hc_router_reload_refused");
    Files.writeString(folder.resolve("topology.yaml"), topologyText);
  }

  private boolean isNotReadyOrGone(Announcement router) {
    try {
      return admin(router, "GET", "/health/ready").statusCode() == 503;
    } catch (IOException e) {
      return true;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
