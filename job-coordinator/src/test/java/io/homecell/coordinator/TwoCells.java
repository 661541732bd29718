package io.homecell.coordinator;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.audit.AuditEntry;
import io.homecell.core.audit.AuditLog;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.coordination.EphemeralNode;
import io.homecell.core.failsafe.FailsafeMode;
import io.homecell.core.fence.FenceRow;
import io.homecell.core.fence.FenceRows;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.http.AdminServer;
import io.homecell.core.json.Json;
import io.homecell.core.lease.LeaseKeeper;
import io.homecell.core.process.ProcessSettings;
import io.homecell.core.process.Secrets;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.route.AppliedEpochs;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteWatch;
import io.homecell.core.route.SlotFigures;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.local.CellProvisioning;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.local.SchemaFiles;
import io.homecell.local.TestTopology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;

/**
 * Two datacenters of one cell each on real parts: ZooKeeper, two MySQL servers provisioned as a
 * group, lease keepers, route watches that report as routers, coordinators in this JVM. MySQL's own
 * replication carries the rows both ways: a transaction keeps its GTID, as with dc-sync.
 */
final class TwoCells implements AutoCloseable {
  static final Duration LEASE = Duration.ofSeconds(8);
  private static final String PROBE =
      """
      CREATE DATABASE IF NOT EXISTS account
      ;
      CREATE DATABASE IF NOT EXISTS trade
      ;
      CREATE TABLE IF NOT EXISTS account.probe (
        id BIGINT NOT NULL PRIMARY KEY, slot SMALLINT UNSIGNED NOT NULL, cell VARCHAR(64) NOT NULL)
      """;

  final TestingServer zookeeper;
  final TestTopology test;
  final Topology topology;
  final CuratorFramework client;
  final Map<String, LocalMysql> servers = new LinkedHashMap<>();

  /** What the routers say of some slots, such as {@code 0-9,17}. */
  volatile Function<String, SlotFigures> slotFigures = slots -> SlotFigures.NONE;

  final Map<String, String> pipelineStates = new ConcurrentHashMap<>();
  private final Path folder;
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();
  private final Map<String, List<AutoCloseable>> datacenterParts = new TreeMap<>();
  private final HttpClient http = HttpClient.newHttpClient();

  TwoCells(Path folder) throws Exception {
    this(folder, zookeeper -> TestTopology.create(folder, zookeeper, LEASE));
  }

  /**
   * @param making makes the topology for the connect string of a ZooKeeper
   */
  TwoCells(Path folder, Function<String, TestTopology> making) throws Exception {
    this.folder = folder;
    zookeeper = closing(new TestingServer());
    test = making.apply(zookeeper.getConnectString());
    topology = test.topology();
    client = closing(Coordination.connect(topology.coordination()));
    for (String cell : topology.cells().keySet()) {
      startServer(cell);
    }
    List<String> schemas = new ArrayList<>(SchemaFiles.onClassPath());
    schemas.add(PROBE);
    CellProvisioning.provisionAll(topology, servers, schemas, test.credentials());
    replicate("north-1", "south-1");
    replicate("south-1", "north-1");
    new RouteStore(client).createIfAbsent(RouteTable.initial(topology));
    for (String datacenter : topology.datacenters().keySet()) {
      startDatacenter(datacenter);
    }
    reportPipelines();
  }

  final void startServer(String cell) {
    int id = new ArrayList<>(topology.cells().keySet()).indexOf(cell) + 1;
    servers.put(
        cell,
        LocalMysql.start(
            MysqlDistribution.locate(Optional.empty()),
            folder.resolve(cell),
            topology.cell(cell).mysql(),
            id));
  }

  final void replicate(String source, String target) throws SQLException {
    Secrets.Credentials user = test.credentials().get(Role.REPLICATION);
    sql(
        target,
        "STOP REPLICA",
        "SET GLOBAL replica_exec_mode = 'IDEMPOTENT'",
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT="
            + topology.cell(source).mysql().port()
            + ", SOURCE_USER='"
            + user.user()
            + "', SOURCE_PASSWORD='"
            + user.password()
            + "', SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, GET_SOURCE_PUBLIC_KEY=1",
        "START REPLICA");
  }

  void sql(String cell, String... statements) throws SQLException {
    try (Connection root = servers.get(cell).rootConnection();
        Statement statement = root.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** A lease keeper and a router of a datacenter, each with a session of its own. */
  final void startDatacenter(String datacenter) {
    List<AutoCloseable> started = new ArrayList<>();
    datacenterParts.put(datacenter, started);
    CuratorFramework own = Coordination.connect(topology.coordination());
    started.add(own);
    RouteWatch watch = routes(own, datacenter);
    started.add(watch);
    for (Topology.Cell cell : topology.cellsIn(datacenter)) {
      started.add(
          LeaseKeeper.start(
              own,
              topology,
              cell.name(),
              test.credentials().get(Role.KEEPER),
              FailsafeMode.of(
                  topology,
                  datacenter,
                  () -> Secrets.read(test.secrets()).edgeHop(),
                  () -> watch.current().epoch()),
              () -> watch.current().epoch(),
              new SimpleMeterRegistry()));
    }
    AdminServer admin = routerAdmin();
    started.add(admin);
    started.add(
        AppliedEpochs.publish(
            own,
            watch,
            "router",
            datacenter + ".router",
            datacenter,
            Optional.empty(),
            Optional.of("127.0.0.1:" + admin.port())));
    for (Topology.Cell cell : topology.cellsIn(datacenter)) {
      for (String service : List.of("account", "trade")) {
        started.add(
            AppliedEpochs.publish(
                own,
                watch,
                service,
                cell.name() + "." + service,
                datacenter,
                Optional.of(cell.name())));
      }
    }
  }

  /** A datacenter's keeper and router can't reach ZooKeeper any more. */
  void cutFromZookeeper(String datacenter) throws Exception {
    datacenterParts.get(datacenter).get(0).close();
  }

  private AdminServer routerAdmin() {
    try {
      AdminServer admin =
          AdminServer.start("127.0.0.1", 0, new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
      admin.handle(
          "/slots",
          request ->
              new AdminServer.Answer(
                  200, slotFigures.apply(request.query().getOrDefault("slots", ""))));
      return admin;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  RouteWatch routes(CuratorFramework own, String name) {
    return RouteWatch.start(
        own,
        folder.resolve(name + "-" + System.nanoTime() + ".routes"),
        topology.slots(),
        Duration.ofSeconds(20));
  }

  /** Everything of a datacenter but its coordinators: processes and database, as kill -9 would. */
  void killDatacenter(String datacenter) throws Exception {
    topology.cellsIn(datacenter).forEach(cell -> servers.get(cell.name()).kill());
    stopProcesses(datacenter);
  }

  /** Its processes alone: they end their sessions, its database stays. */
  void stopProcesses(String datacenter) throws Exception {
    List<AutoCloseable> dead = datacenterParts.remove(datacenter);
    for (int i = dead.size() - 1; i >= 0; i--) {
      dead.get(i).close();
    }
  }

  private void reportPipelines() {
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    parts.push(timer::shutdownNow);
    Map<String, EphemeralNode> nodes = new TreeMap<>();
    for (String pair : List.of("north-1:south-1", "south-1:north-1")) {
      pipelineStates.put(pair, "STREAMING");
      String path = "/homecell/sync/" + pair.replace(':', '-');
      nodes.put(pair, closing(EphemeralNode.hold(client, path, pipeline(pair))));
    }
    ScheduledFuture<?> beat =
        timer.scheduleWithFixedDelay(
            () -> nodes.forEach((pair, node) -> node.set(pipeline(pair))),
            0,
            200,
            TimeUnit.MILLISECONDS);
    parts.push(() -> beat.cancel(true));
  }

  private String pipeline(String pair) {
    String[] ends = pair.split(":", -1);
    Map<String, Object> status = new TreeMap<>();
    status.put("source", ends[0]);
    status.put("target", ends[1]);
    status.put("state", pipelineStates.get(pair));
    status.put("lagMillis", 3);
    status.put("at", Instant.now());
    return Json.write(status);
  }

  /** A coordinator of its own, with its own session and admin port. */
  final class Running implements AutoCloseable {
    private final Coordinator coordinator;
    private final AdminServer admin;

    Running(String name) throws IOException {
      this(name, test.file());
    }

    /**
     * @param topologyFile which may say of the cells what others don't
     */
    Running(String name, Path topologyFile) throws IOException {
      PrometheusMeterRegistry metrics = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
      admin = AdminServer.start("127.0.0.1", 0, metrics);
      ProcessSettings settings =
          new ProcessSettings(
              topologyFile,
              name.startsWith("south") ? "south" : "north",
              Optional.empty(),
              name,
              "127.0.0.1",
              0,
              0,
              folder.resolve(name),
              test.secrets());
      coordinator = Coordinator.start(settings, Secrets.read(test.secrets()), admin, metrics);
    }

    /** As if the process were dead to everybody but the coordination service. */
    void closePort() {
      admin.close();
    }

    Reply get(String path) throws Exception {
      return send("GET", path, "");
    }

    Reply post(String path, String body) throws Exception {
      return send("POST", path, body);
    }

    private Reply send(String method, String path, String body) throws Exception {
      HttpResponse<String> response =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + admin.port() + path))
                  .method(method, HttpRequest.BodyPublishers.ofString(body))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      return new Reply(
          response.statusCode(),
          Json.read(response.body(), JsonNode.class),
          response.headers().firstValue("Location"));
    }

    /** Begins an operation; its id. */
    String begin(String body) throws Exception {
      Reply reply = post("/admin/operations", body);
      if (reply.status() != 202) {
        throw new AssertionError("refused: " + reply);
      }
      return reply.body().get("id").asText();
    }

    /** Waits for the end of an operation; its record. */
    JsonNode ended(String id, Duration within) throws Exception {
      return eventually(
          within,
          "the end of " + id,
          () -> {
            Reply reply = get("/admin/operations/" + id);
            String state = reply.body().path("state").asText();
            return reply.status() == 200
                    && !Set.of("RUNNING", "ABORTING", "RETURNING").contains(state)
                ? Optional.of(reply.body())
                : Optional.empty();
          });
    }

    void awaitStep(String id, String state, String step) throws Exception {
      eventually(
          Duration.ofSeconds(60),
          id + " " + state + " at " + step,
          () -> {
            JsonNode operation = get("/admin/operations/" + id).body();
            return operation.path("step").asText().equals(step)
                    && operation.path("state").asText().equals(state)
                ? Optional.of(true)
                : Optional.empty();
          });
    }

    void awaitLeader() throws Exception {
      eventually(
          Duration.ofSeconds(20),
          "leadership",
          () -> get("/admin/status").status() == 200 ? Optional.of(true) : Optional.empty());
    }

    @Override
    public void close() {
      coordinator.close();
      admin.close();
    }
  }

  record Reply(int status, JsonNode body, Optional<String> location) {}

  static <T> T eventually(Duration within, String what, Callable<Optional<T>> look)
      throws Exception {
    long deadline = System.nanoTime() + within.toNanos();
    while (true) {
      Optional<T> found = look.call();
      if (found.isPresent()) {
        return found.get();
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + within.toSeconds() + " s: " + what);
      }
      Thread.sleep(20);
    }
  }

  Map<Integer, FenceRow> rows(String cell) throws SQLException {
    try (Connection root = servers.get(cell).rootConnection()) {
      return FenceRows.over(root).readAll();
    }
  }

  /** What the audit log has of an operation, newest first. */
  List<String> auditOf(String operation) {
    return new AuditLog(client)
        .read(Instant.EPOCH, Optional.empty(), 10_000).items().stream()
            .map(AuditLog.Numbered::entry)
            .filter(entry -> entry.operation().equals(Optional.of(operation)))
            .map(AuditEntry::what)
            .toList();
  }

  RouteTable table() {
    return new RouteStore(client).read().orElseThrow().table();
  }

  /** Puts one slot's route right by hand. */
  void publish(int slot, String owner, long slotEpoch) throws Exception {
    RouteTable table = table();
    new RouteStore(client)
        .update(table.epoch(), table.withOwners(Map.of(slot, SlotRoute.open(owner, slotEpoch))));
  }

  Set<Long> probes(String cell) throws SQLException {
    Set<Long> ids = new TreeSet<>();
    try (Connection root = servers.get(cell).rootConnection();
        Statement statement = root.createStatement();
        ResultSet row = statement.executeQuery("SELECT id FROM account.probe")) {
      while (row.next()) {
        ids.add(row.getLong(1));
      }
    }
    return ids;
  }

  MysqlFencedDatabase fenced(String cell, RouteWatch routes) {
    return MysqlFencedDatabase.open(
        topology.cell(cell),
        "account",
        test.credentials().get(Role.APPLICATION),
        routes,
        new SimpleMeterRegistry());
  }

  private <T extends AutoCloseable> T closing(T part) {
    parts.push(part);
    return part;
  }

  @Override
  public void close() throws Exception {
    for (String datacenter : List.copyOf(datacenterParts.keySet())) {
      List<AutoCloseable> all = datacenterParts.remove(datacenter);
      for (int i = all.size() - 1; i >= 0; i--) {
        all.get(i).close();
      }
    }
    servers.values().forEach(LocalMysql::kill);
    while (!parts.isEmpty()) {
      parts.pop().close();
    }
  }
}
