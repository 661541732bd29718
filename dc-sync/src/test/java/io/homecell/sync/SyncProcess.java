package io.homecell.sync;

import io.homecell.core.http.AdminServer;
import io.homecell.core.process.Announcement;
import io.homecell.local.ManagedProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The dc-sync process of a datacenter, as {@code cellctl up} starts it. */
final class SyncProcess {
  private final Cells cells;
  private final String datacenter;
  private final String worker;
  private final Path folder;
  private ManagedProcess process;

  SyncProcess(Cells cells, String datacenter, Path folder) {
    this(cells, datacenter, datacenter + ".dc-sync", folder);
  }

  SyncProcess(Cells cells, String datacenter, String worker, Path folder) {
    this.cells = cells;
    this.datacenter = datacenter;
    this.worker = worker;
    this.folder = folder;
  }

  void start() throws IOException {
    start("-Xmx256m");
  }

  /** Starts with options of the JVM. */
  void start(String... options) throws IOException {
    Files.createDirectories(folder);
    Files.deleteIfExists(folder.resolve(Announcement.FILE));
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", classPath));
    command.add(SyncMain.class.getName());
    process =
        ManagedProcess.start(
            new ManagedProcess.Launch(
                "dc-sync of " + datacenter,
                command,
                Map.of(
                    "HOMECELL_TOPOLOGY", cells.topology().file().toString(),
                    "HOMECELL_SECRETS", cells.topology().secrets().toString(),
                    "HOMECELL_DATACENTER", datacenter,
                    "HOMECELL_INSTANCE", worker,
                    "HOMECELL_DATA", folder.toString()),
                folder,
                folder.resolve("log"),
                false));
  }

  void awaitReady() {
    process.await(
        "its announcement",
        Duration.ofSeconds(60),
        () -> Files.exists(folder.resolve(Announcement.FILE)));
  }

  void kill() {
    process.kill();
  }

  ManagedProcess process() {
    return process;
  }

  String log() throws IOException {
    return Files.readString(folder.resolve("log"));
  }

  /** GET of a path of the admin port, see {@link AdminServer}. */
  String get(String path) throws IOException, InterruptedException {
    int port = Announcement.read(folder).orElseThrow().adminPort();
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** POST to a path of the admin port. */
  String post(String path, String body) throws IOException, InterruptedException {
    int port = Announcement.read(folder).orElseThrow().adminPort();
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }
}
