package io.homecell.account;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.account.ledger.Ledger;
import io.homecell.api.account.AccountService;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.MysqlFencedDatabase;
import io.homecell.core.id.IdSource;
import io.homecell.core.json.Json;
import io.homecell.core.near.NearReads;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.rpc.CellServer;
import io.homecell.core.rpc.HomeClient;
import io.homecell.core.topology.Topology;
import io.homecell.local.LocalMysql;
import io.homecell.local.TestTopology;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** One account cell of the tests: its MySQL, its server, and the HTTP calls to it. */
final class TestCell implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final String name;
  private final TestTopology test;
  private final Path folder;
  private final SettableRoutes routes;
  private final LocalMysql mysql;
  private final FencedDatabase database;
  private final HomeClient client;
  private final Ledger ledger;
  private AccountCell cell;
  private CellServer server;
  private int starts;

  TestCell(
      String name,
      TestTopology test,
      Path folder,
      SettableRoutes routes,
      LocalMysql mysql,
      IdSource ids) {
    this.name = name;
    this.test = test;
    this.folder = folder.resolve(name);
    this.routes = routes;
    this.mysql = mysql;
    Topology topology = test.topology();
    this.database =
        MysqlFencedDatabase.open(
            topology.cell(name),
            "account",
            test.credentials().get(Role.APPLICATION),
            routes,
            new SimpleMeterRegistry());
    this.client =
        HomeClient.open(topology, routes, "account-" + name, this.folder.resolve("client"));
    this.ledger = new Ledger(database, topology.slots(), ids, Clock.systemUTC());
  }

  /** Serves, on a port of its own each time. */
  TestCell start() throws IOException {
    SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    cell =
        AccountCell.start(
            test.topology().cell(name), ledger, routes, client.of(AccountService.class), metrics);
    server =
        CellServer.start(
            new CellServer.Settings(
                test.topology(),
                name,
                "account",
                name + ".account." + ++starts,
                "127.0.0.1",
                0,
                folder.resolve("server"),
                routes,
                metrics,
                Optional.of(
                    new NearReads(test.topology(), test.topology().cell(name), database, metrics))),
            cell.exported());
    return this;
  }

  /** Stops serving; the database runs on. */
  void stop() {
    server.close();
    cell.close();
  }

  @Override
  public void close() {
    stop();
    client.close();
    database.close();
    mysql.close();
  }

  HomeClient client() {
    return client;
  }

  /** Runs statements as the superuser, unseen by the binlog. */
  void execute(String... statements) {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement()) {
      statement.execute("SET sql_log_bin = 0");
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The rows of a query as text, columns joined by a space. */
  List<String> rows(String sql) {
    try (Connection root = mysql.rootConnection();
        Statement statement = root.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      List<String> rows = new ArrayList<>();
      while (result.next()) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= result.getMetaData().getColumnCount(); i++) {
          text.append(i == 1 ? "" : " ").append(result.getString(i));
        }
        rows.add(text.toString());
      }
      return rows;
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Copies an account's rows of a slot to another cell: what the replication does. */
  void copySlotTo(TestCell other, int slot) {
    for (String table :
        List.of(
            "account",
            "entry",
            "payment",
            "transfer",
            "transfer_outbox",
            "received_transfer",
            "idempotency")) {
      copy(other, "account." + table, "slot = " + slot);
    }
  }

  private void copy(TestCell other, String table, String where) {
    try (Connection from = mysql.rootConnection();
        Connection to = other.mysql.rootConnection();
        Statement read = from.createStatement();
        ResultSet rows = read.executeQuery("SELECT * FROM " + table + " WHERE " + where)) {
      int columns = rows.getMetaData().getColumnCount();
      String insert = "REPLACE INTO " + table + " VALUES (" + "?,".repeat(columns - 1) + "?)";
      try (var write = to.prepareStatement(insert)) {
        while (rows.next()) {
          for (int i = 1; i <= columns; i++) {
            write.setObject(i, rows.getObject(i));
          }
          write.executeUpdate();
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** An answer over HTTP. */
  record Answer(HttpResponse<String> response) {
    int status() {
      return response.statusCode();
    }

    JsonNode body() {
      return Json.read(response.body(), JsonNode.class);
    }

    String text(String field) {
      return body().path(field).asText();
    }

    String header(String field) {
      return response.headers().firstValue(field).orElse("");
    }

    @Override
    public String toString() {
      return response.statusCode() + " " + response.headers().map() + " " + response.body();
    }
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
        .timeout(Duration.ofSeconds(20));
  }

  Answer send(HttpRequest.Builder request) {
    try {
      return new Answer(HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  Answer get(String path, long user) {
    return send(request(path).header("Cell-User", Long.toString(user)));
  }

  Answer post(String path, String user, String key, String body) {
    HttpRequest.Builder request =
        request(path)
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (!user.isEmpty()) {
      request.header("Cell-User", user);
    }
    if (!key.isEmpty()) {
      request.header("Idempotency-Key", key);
    }
    return send(request);
  }

  Answer deposit(long user, String key, String amount) {
    return post(
        "/accounts/" + user + "/deposits",
        Long.toString(user),
        key,
        "{\"amount\":\"" + amount + "\"}");
  }

  Answer transfer(long from, long to, String key, String amount) {
    return post(
        "/accounts/" + from + "/transfers",
        Long.toString(from),
        key,
        "{\"to\":\"" + to + "\",\"amount\":\"" + amount + "\"}");
  }

  String balance(long user) {
    return get("/accounts/" + user, user).text("balance");
  }
}
