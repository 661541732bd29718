package io.homecell.sync.apply;

import io.homecell.sync.position.CellDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which cell a server's transactions come from, by {@code hc_server} at the target. Rows are only
 * ever added, so what was read stays true. Safe for any number of threads.
 */
final class Origins {
  private final CellDatabase target;
  private final Map<String, String> cells = new ConcurrentHashMap<>();

  Origins(CellDatabase target) {
    this.target = target;
  }

  /** The cell of a server's UUID; reads the table again if it is new. */
  Optional<String> cellOf(String uuid) throws SQLException {
    String cell = cells.get(uuid);
    if (cell == null) {
      try (Connection connection = target.open();
          Statement statement = connection.createStatement();
          ResultSet rows = statement.executeQuery("SELECT uuid, cell FROM homecell.hc_server")) {
        while (rows.next()) {
          cells.put(rows.getString(1).toLowerCase(Locale.ROOT), rows.getString(2));
        }
      }
      cell = cells.get(uuid);
    }
    return Optional.ofNullable(cell);
  }
}
