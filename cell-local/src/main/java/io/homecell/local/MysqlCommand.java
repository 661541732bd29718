package io.homecell.local;

import io.homecell.core.topology.Topology.Endpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The command lines of a cell's MySQL server. Durable: what it has acknowledged survives kill -9.
 */
final class MysqlCommand {
  /** The longest path that a Unix socket may have. */
  private static final int SOCKET_PATH_MAX = 100;

  private MysqlCommand() {}

  static List<String> initialise(MysqlDistribution mysql, Path dataDir) {
    List<String> command = common(mysql, dataDir);
    command.add("--initialize-insecure");
    // The server's first transactions are not the group's.
    command.add("--skip-log-bin");
    return command;
  }

  static List<String> run(
      MysqlDistribution mysql, Path dataDir, Path initFile, Endpoint endpoint, int serverId) {
    List<String> command = common(mysql, dataDir);
    command.addAll(
        List.of(
            "--init-file=" + initFile,
            "--bind-address=" + endpoint.host(),
            "--port=" + endpoint.port(),
            "--socket=" + socket(dataDir, endpoint),
            "--pid-file=" + dataDir.resolveSibling("mysqld.pid"),
            "--server-id=" + serverId,
            "--log-bin=binlog",
            "--gtid-mode=ON",
            "--enforce-gtid-consistency=ON",
            "--binlog-format=ROW",
            "--binlog-row-image=FULL",
            "--binlog-row-metadata=FULL",
            "--sync-binlog=1",
            "--innodb-flush-log-at-trx-commit=1",
            "--innodb-buffer-pool-size=64M",
            "--innodb-log-writer-threads=OFF",
            "--innodb-print-all-deadlocks=ON",
            "--max-connections=400",
            "--mysqlx=OFF",
            mysql.version().nativePasswordOption()));
    return command;
  }

  private static List<String> common(MysqlDistribution mysql, Path dataDir) {
    List<String> command = new ArrayList<>();
    command.add(mysql.mysqld().toString());
    command.add("--no-defaults");
    if (System.getProperty("user.name").equals("root")) {
      command.add("--user=root");
    }
    mysql.baseDir().ifPresent(base -> command.add("--basedir=" + base));
    command.addAll(
        List.of(
            "--datadir=" + dataDir,
            "--innodb-redo-log-capacity=64M",
            "--default-time-zone=+00:00",
            "--character-set-server=utf8mb4",
            "--performance-schema=OFF"));
    return command;
  }

  private static String socket(Path dataDir, Endpoint endpoint) {
    String beside = dataDir.resolveSibling("mysqld.sock").toString();
    return beside.length() <= SOCKET_PATH_MAX
        ? beside
        : Path.of(System.getProperty("java.io.tmpdir"), "homecell-" + endpoint.port() + ".sock")
            .toString();
  }
}
