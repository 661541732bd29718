package io.homecell.sync.capture;

import io.homecell.sync.position.CellDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;

/** A server's collations, by whose numbers its log tells a column's charset. */
final class Collations {
  private Collations() {}

  /** The charset of each collation that the server knows, by its number. */
  static Map<Integer, String> charsets(CellDatabase server) throws SQLException {
    Map<Integer, String> charsets = new HashMap<>();
    try (Connection connection = server.open();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT id, character_set_name FROM information_schema.collations")) {
      while (rows.next()) {
        charsets.put(rows.getInt(1), rows.getString(2));
      }
    }
    return charsets;
  }
}
