package io.homecell.local;

import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.topology.Topology.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * One cell's MySQL server on this machine, with durable settings: what it has acknowledged survives
 * kill -9 of it.
 *
 * <p>Its folder holds {@code data}, {@code mysqld.log} and {@code root.password} (readable by its
 * owner only). Safe for any number of threads.
 */
public final class LocalMysql implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(60);
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(60);
  private static final Duration STOP_ANSWER_WITHIN = Duration.ofSeconds(2);
  private static final Duration STOP_GRACE = Duration.ofSeconds(20);

  private final ManagedProcess process;
  private final Path folder;
  private final Endpoint endpoint;

  private LocalMysql(ManagedProcess process, Path folder, Endpoint endpoint) {
    this.process = process;
    this.folder = folder;
    this.endpoint = endpoint;
  }

  /**
   * Starts a server that dies with this process and waits until it answers; initialises it if the
   * folder holds none.
   *
   * @param serverId its MySQL server id, different in each cell of a group
   * @throws LocalStartException with the end of its log
   */
  public static LocalMysql start(
      MysqlDistribution mysql, Path folder, Endpoint endpoint, int serverId) {
    LocalMysql started =
        launch(
            mysql,
            folder,
            endpoint,
            serverId,
            folder.resolve("mysqld.log"),
            false,
            List.of(),
            Optional.empty());
    try {
      started.awaitReady();
    } catch (LocalStartException e) {
      started.kill();
      throw e;
    }
    return started;
  }

  /**
   * Starts a server without waiting for it.
   *
   * @param prefix what stands in front of the server's command line
   * @param administeredFrom an address from which the superuser may come too
   */
  static LocalMysql launch(
      MysqlDistribution mysql,
      Path folder,
      Endpoint endpoint,
      int serverId,
      Path log,
      boolean detached,
      List<String> prefix,
      Optional<String> administeredFrom) {
    Path absolute = folder.toAbsolutePath();
    Path data = absolute.resolve("data");
    try {
      Files.createDirectories(absolute);
      // Moved to its place when complete: a start that was killed half way leaves no half server.
      if (!Files.isDirectory(data)) {
        Path half = absolute.resolve("data.making");
        UserCache.delete(half);
        Files.createDirectories(half);
        mysql.initialise(half);
        Files.move(half, data);
      }
      Path initFile = writeInitFile(absolute, administeredFrom);
      List<String> command = new ArrayList<>(prefix);
      command.addAll(MysqlCommand.run(mysql, data, initFile, endpoint, serverId));
      ManagedProcess process =
          ManagedProcess.start(
              new ManagedProcess.Launch(
                  "mysqld on " + endpoint,
                  command,
                  mysql.environment(),
                  absolute,
                  log.toAbsolutePath(),
                  detached));
      return new LocalMysql(process, absolute, endpoint);
    } catch (IOException e) {
      throw new LocalStartException("the MySQL folder " + absolute + " can't be written: " + e, e);
    }
  }

  /** Sets root's password at each start, so that a folder is complete whenever it was left. */
  private static Path writeInitFile(Path folder, Optional<String> administeredFrom)
      throws IOException {
    Path passwordFile = folder.resolve("root.password");
    if (!Files.exists(passwordFile)) {
      writePrivate(passwordFile, LocalSecrets.randomPassword());
    }
    Path initFile = folder.resolve("init.sql");
    String password = Files.readString(passwordFile);
    writePrivate(
        initFile,
        "SET sql_log_bin=0;\nALTER USER 'root'@'localhost' IDENTIFIED BY '"
            + password
            + "';\n"
            + administeredFrom.map(host -> superuserFrom(host, password)).orElse(""));
    return initFile;
  }

  private static String superuserFrom(String host, String password) {
    String user = "'root'@'" + host + "'";
    return "CREATE USER IF NOT EXISTS "
        + user
        + " IDENTIFIED BY '"
        + password
        + "';\nGRANT ALL ON *.* TO "
        + user
        + " WITH GRANT OPTION;\n";
  }

  private static void writePrivate(Path file, String text) throws IOException {
    Files.deleteIfExists(file);
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(file, text);
  }

  void awaitReady() {
    process.await("its first connection", READY_WITHIN, this::answers);
  }

  private boolean answers() {
    try (Connection connection = rootConnection()) {
      return connection.isValid(2);
    } catch (SQLException notYet) {
      return false;
    }
  }

  public ManagedProcess process() {
    return process;
  }

  public Endpoint endpoint() {
    return endpoint;
  }

  /** A JDBC URL without a database; with the parameters that every connection uses. */
  public String jdbcUrl() {
    return jdbcUrl(endpoint);
  }

  static String jdbcUrl(Endpoint endpoint) {
    return MysqlUrl.of(endpoint, "", CONNECT_WITHIN, ANSWER_WITHIN);
  }

  /** A connection of the superuser; the caller closes it. */
  public Connection rootConnection() throws SQLException {
    return rootConnection(folder, endpoint);
  }

  /** A connection of the superuser to a server that another process started from this folder. */
  static Connection rootConnection(Path folder, Endpoint endpoint) throws SQLException {
    return rootConnection(folder, jdbcUrl(endpoint));
  }

  private static Connection rootConnection(Path folder, String url) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", "root");
    try {
      properties.setProperty("password", Files.readString(folder.resolve("root.password")));
    } catch (IOException e) {
      throw new SQLException(folder.resolve("root.password") + " can't be read", e);
    }
    return DriverManager.getConnection(url, properties);
  }

  /** Ends every other connection, as far as that is possible now. */
  static void disconnectClients(Path folder, Endpoint endpoint) {
    String url = MysqlUrl.of(endpoint, "", STOP_ANSWER_WITHIN, STOP_ANSWER_WITHIN);
    try (Connection root = rootConnection(folder, url);
        Statement statement = root.createStatement()) {
      List<Long> others = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT id FROM information_schema.processlist"
                  + " WHERE id <> CONNECTION_ID() AND user NOT IN ('event_scheduler', 'system user')")) {
        while (rows.next()) {
          others.add(rows.getLong(1));
        }
      }
      for (long id : others) {
        statement.execute("KILL " + id);
      }
    } catch (SQLException e) {
      // then its stop takes some seconds longer, or it is dead already
    }
  }

  /** Stops the server in order. */
  public void stop() {
    if (process.isAlive()) {
      disconnectClients(folder, endpoint);
    }
    process.stop(STOP_GRACE);
  }

  /** Kills the server as a power cut would. */
  public void kill() {
    process.kill();
  }

  @Override
  public void close() {
    stop();
  }
}
