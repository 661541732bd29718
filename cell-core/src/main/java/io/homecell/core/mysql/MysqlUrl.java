package io.homecell.core.mysql;

import io.homecell.core.topology.Topology;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * The JDBC address of a cell's MySQL, in one place: every session runs in UTC, every wait for the
 * network is bounded, an update counts the rows that it matched.
 */
public final class MysqlUrl {
  private MysqlUrl() {}

  /**
   * A JDBC URL.
   *
   * @param schema the default schema, or empty for none
   * @param connectWithin bounds the connection set-up
   * @param answerWithin bounds the wait for any answer of the server
   */
  public static String of(
      Topology.Endpoint mysql, String schema, Duration connectWithin, Duration answerWithin) {
    return "jdbc:mysql://"
        + mysql
        + "/"
        + schema
        + "?connectionTimeZone=UTC&forceConnectionTimeZoneToSession=true&useAffectedRows=false"
        + "&characterEncoding=UTF-8&tinyInt1isBit=false&useLocalSessionState=true"
        + "&cacheServerConfiguration=true&connectTimeout="
        + connectWithin.toMillis()
        + "&socketTimeout="
        + answerWithin.toMillis()
        // Encryption where a network lies between, none to the same host.
        + (isLoopback(mysql.host())
            ? "&sslMode=DISABLED&allowPublicKeyRetrieval=true"
            : "&sslMode=PREFERRED");
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      return false;
    }
  }
}
