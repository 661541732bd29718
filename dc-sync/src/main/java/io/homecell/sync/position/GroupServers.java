package io.homecell.sync.position;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/**
 * The servers that make, or once made, the transactions of one group, as one of its cells knows
 * them.
 */
public record GroupServers(Set<String> uuids) {
  public GroupServers {
    uuids = Set.copyOf(uuids);
  }

  /** Those that {@code hc_server} of a cell names, and its own. */
  public static GroupServers read(Connection cell) throws SQLException {
    Set<String> uuids = new HashSet<>();
    try (Statement statement = cell.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT uuid FROM homecell.hc_server UNION SELECT @@server_uuid")) {
      while (rows.next()) {
        uuids.add(rows.getString(1).toLowerCase(Locale.ROOT));
      }
    }
    return new GroupServers(uuids);
  }

  /** Whether one of them made it. */
  public boolean made(Gtid gtid) {
    return uuids.contains(gtid.uuid());
  }
}
