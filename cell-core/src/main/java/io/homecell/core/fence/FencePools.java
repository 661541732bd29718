package io.homecell.core.fence;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;

/** The two pools of a cell's database, every wait in them bounded. */
final class FencePools {
  /** Enough for group commit to share its syncs; the database's own limit is 151 by default. */
  private static final int WRITERS_MAX = 24;

  private static final int READERS_MAX = 12;

  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);

  /** Bounds the wait for a free connection. */
  private static final Duration BORROW_WITHIN = Duration.ofSeconds(3);

  /** Longer than a lock wait, so that the server gives up first and says why. */
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);

  private static final int LOCK_WAIT_SECONDS = 3;

  private FencePools() {}

  static HikariDataSource writers(
      Topology.Cell cell, String schema, Secrets.Credentials user, MeterRegistry metrics) {
    HikariConfig config =
        config(
            cell,
            schema,
            user,
            metrics,
            "write",
            "&sessionVariables=transaction_isolation='READ-COMMITTED',innodb_lock_wait_timeout="
                + LOCK_WAIT_SECONDS
                + ","
                + OwnGtid.SESSION_VARIABLE
                + "&"
                + OwnGtid.OPTION
                // The pool ends the transaction of a returned connection; after the commit step the
                // server has said that none runs, and the driver then spares the round trip.
                + "&useLocalTransactionState=true");
    config.setMaximumPoolSize(WRITERS_MAX);
    return new HikariDataSource(config);
  }

  static HikariDataSource readers(
      Topology.Cell cell, String schema, Secrets.Credentials user, MeterRegistry metrics) {
    HikariConfig config =
        config(
            cell,
            schema,
            user,
            metrics,
            "read",
            "&sessionVariables=transaction_read_only=1,transaction_isolation='REPEATABLE-READ'"
                + "&useLocalTransactionState=true");
    config.setMaximumPoolSize(READERS_MAX);
    return new HikariDataSource(config);
  }

  private static HikariConfig config(
      Topology.Cell cell,
      String schema,
      Secrets.Credentials user,
      MeterRegistry metrics,
      String kind,
      String sessionOptions) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(cell.name() + " " + schema + " " + kind);
    config.setJdbcUrl(
        MysqlUrl.of(cell.mysql(), schema, CONNECT_WITHIN, ANSWER_WITHIN)
            + sessionOptions
            + "&useServerPrepStmts=true&cachePrepStmts=true&prepStmtCacheSize=256&prepStmtCacheSqlLimit=2048"
            + "&allowMultiQueries=false");
    config.setUsername(user.user());
    config.setPassword(user.password());
    config.setAutoCommit(false);
    config.setMinimumIdle(2);
    config.setConnectionTimeout(BORROW_WITHIN.toMillis());
    config.setValidationTimeout(1_000);
    config.setMaxLifetime(Duration.ofMinutes(20).toMillis());
    config.setKeepaliveTime(Duration.ofSeconds(30).toMillis());
    // The database may be started after us.
    config.setInitializationFailTimeout(-1);
    config.setMetricRegistry(metrics);
    return config;
  }
}
