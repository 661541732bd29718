package io.homecell.canal;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.http.AdminServer;
import io.homecell.core.metrics.Metrics;
import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Announcement;
import io.homecell.core.process.Lifecycle;
import io.homecell.core.process.ProcessSettings;
import io.homecell.core.process.Secrets;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.registry.Instance;
import io.homecell.core.registry.InstanceRegistry;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Canal server for one cell: reads its binlog and serves the changes of {@code trade.orders} to
 * the merchant projection. Registers as {@code canal} in its datacenter's registry.
 */
public final class CanalServerMain {
  private static final Logger log = LoggerFactory.getLogger(CanalServerMain.class);
  private static final String TABLES = "trade\\.orders";
  private static final Duration MYSQL_WITHIN = Duration.ofSeconds(60);
  private static final Duration MYSQL_RETRY = Duration.ofMillis(500);

  private CanalServerMain() {}

  /** Runs until SIGTERM. */
  public static void main(String[] args) {
    Lifecycle.main("canal", CanalServerMain::start);
  }

  private static void start(ProcessSettings settings, Lifecycle lifecycle) throws Exception {
    Topology topology = TopologyFile.read(settings.topology());
    Topology.Cell cell = topology.cell(settings.requireCell());
    Credentials replication = Secrets.read(settings.secrets()).of(Secrets.Role.REPLICATION);
    AdminServer admin =
        lifecycle.closing(
            "admin",
            AdminServer.start(
                settings.host(),
                settings.adminPort(),
                Metrics.registry("canal", settings.datacenter(), Optional.of(cell.name()))));
    int port = settings.port() != 0 ? settings.port() : freePort(settings.host());
    lifecycle.closing(
        "canal",
        CellBinlogServer.start(
            cell,
            replication,
            settings.host(),
            port,
            settings.data(),
            executedGtids(cell, replication),
            TABLES));
    CuratorFramework registry =
        lifecycle.closing(
            "registry",
            Coordination.connectRegistry(
                topology.datacenter(settings.datacenter()),
                topology.coordination().sessionTimeout()));
    lifecycle.closing(
        "registration",
        InstanceRegistry.register(
            registry,
            new Instance("canal", cell.name(), settings.instance(), settings.host(), port)));
    Announcement.of(settings, "canal", port, admin.port()).write(settings.data());
    log.info("canal: serves {} on {}:{}", cell.name(), settings.host(), port);
  }

  /** The server's position now; waited for, since MySQL may be started after us. */
  private static String executedGtids(Topology.Cell cell, Credentials replication)
      throws InterruptedException {
    long deadline = System.nanoTime() + MYSQL_WITHIN.toNanos();
    String url = MysqlUrl.of(cell.mysql(), "", Duration.ofSeconds(2), Duration.ofSeconds(5));
    while (true) {
      try (Connection connection =
              DriverManager.getConnection(url, replication.user(), replication.password());
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SELECT @@GLOBAL.gtid_executed")) {
        row.next();
        return row.getString(1).replaceAll("\\s", "");
      } catch (SQLException e) {
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException(
              "MySQL of "
                  + cell.name()
                  + " at "
                  + cell.mysql()
                  + " did not answer within "
                  + MYSQL_WITHIN.toSeconds()
                  + " s",
              e);
        }
        log.info("canal: waiting for MySQL of {} at {}", cell.name(), cell.mysql());
        Thread.sleep(MYSQL_RETRY.toMillis());
      }
    }
  }

  private static int freePort(String host) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      return socket.getLocalPort();
    }
  }
}
