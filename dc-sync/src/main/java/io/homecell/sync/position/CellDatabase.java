package io.homecell.sync.position;

import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/**
 * How the replication user reaches one cell's MySQL. Every wait is bounded, so that a dead peer
 * shows as an error and not as silence. Immutable.
 *
 * @param cell its name
 */
public record CellDatabase(String cell, Topology.Endpoint mysql, Credentials replication) {
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(3);
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(30);

  /** A new connection: UTC, several statements in a packet, matched (not changed) rows counted. */
  public Connection open() throws SQLException {
    return open(CONNECT_TIMEOUT, SOCKET_TIMEOUT);
  }

  /** The same for short questions: whoever does not answer them in time is away. */
  public Connection open(Duration answerWithin) throws SQLException {
    return open(answerWithin, answerWithin);
  }

  private Connection open(Duration connectWithin, Duration answerWithin) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", replication.user());
    properties.setProperty("password", replication.password());
    properties.setProperty("allowMultiQueries", "true");
    return DriverManager.getConnection(
        MysqlUrl.of(mysql, "", connectWithin, answerWithin), properties);
  }

  @Override
  public String toString() {
    return cell + " (" + mysql + ")";
  }
}
