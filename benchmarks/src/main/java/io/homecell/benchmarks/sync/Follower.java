package io.homecell.benchmarks.sync;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.local.LocalMysql;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineSettings;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Locale;

/** Something that brings a server to the state of the source. */
sealed interface Follower {
  String name();

  LocalMysql server();

  /** Lets it get ready for a backlog without applying any of it. */
  void prepare() throws SQLException, InterruptedException;

  /** Starts applying; closing what it returns ends that. */
  AutoCloseable start() throws SQLException;

  /** dc-sync's own pipeline, in this JVM, which stays warm between rounds. */
  final class DcSync implements Follower {
    private final PipelineSettings settings;
    private final LocalMysql server;

    DcSync(PipelineSettings settings, LocalMysql server) {
      this.settings = settings;
      this.server = server;
    }

    @Override
    public String name() {
      return settings.capture().name().toLowerCase(Locale.ROOT);
    }

    @Override
    public LocalMysql server() {
      return server;
    }

    @Override
    public void prepare() {
      // it reads from the source as it applies: there is nothing to fetch ahead
    }

    @Override
    public AutoCloseable start() {
      return Pipeline.start(settings, new SimpleMeterRegistry());
    }
  }

  /** MySQL's own replication with several workers. */
  final class Native implements Follower {
    private static final Duration RECEIVED_WITHIN = Duration.ofMinutes(5);

    private final int workers;
    private final LocalMysql source;
    private final LocalMysql server;
    private final Credentials user;

    Native(int workers, LocalMysql source, LocalMysql server, Credentials user) {
      this.workers = workers;
      this.source = source;
      this.server = server;
      this.user = user;
    }

    void connect() throws SQLException {
      Servers.run(
          server,
          "SET GLOBAL replica_parallel_workers = " + workers,
          "CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = "
              + source.endpoint().port()
              + ", SOURCE_USER = '"
              + user.user()
              + "', SOURCE_PASSWORD = '"
              + user.password()
              + "', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1");
    }

    @Override
    public String name() {
      return "native/" + workers;
    }

    @Override
    public LocalMysql server() {
      return server;
    }

    /** Fills the relay log: its reader would else share the clock. */
    @Override
    public void prepare() throws SQLException, InterruptedException {
      Servers.run(server, "START REPLICA IO_THREAD");
      String wanted;
      try (Connection root = source.rootConnection()) {
        wanted = one(root, "SELECT @@global.gtid_executed");
      }
      long deadline = System.nanoTime() + RECEIVED_WITHIN.toNanos();
      try (Connection root = server.rootConnection()) {
        while (!one(
                root,
                "SELECT GTID_SUBSET('"
                    + wanted
                    + "', CONCAT('"
                    + received(root)
                    + "', ',', @@global.gtid_executed))")
            .equals("1")) {
          if (System.nanoTime() - deadline > 0) {
            throw new IllegalStateException(
                name() + " has not received the backlog within " + RECEIVED_WITHIN);
          }
          Thread.sleep(50);
        }
      }
    }

    private static String received(Connection root) throws SQLException {
      try (Statement statement = root.createStatement();
          ResultSet row = statement.executeQuery("SHOW REPLICA STATUS")) {
        row.next();
        String error = row.getString("Last_IO_Error");
        if (!error.isEmpty()) {
          throw new IllegalStateException("native replication: " + error);
        }
        return row.getString("Retrieved_Gtid_Set").replace("\n", "");
      }
    }

    private static String one(Connection root, String query) throws SQLException {
      try (Statement statement = root.createStatement();
          ResultSet row = statement.executeQuery(query)) {
        row.next();
        return row.getString(1).replace("\n", "");
      }
    }

    @Override
    public AutoCloseable start() throws SQLException {
      Servers.run(server, "START REPLICA");
      return () -> Servers.run(server, "STOP REPLICA");
    }
  }
}
