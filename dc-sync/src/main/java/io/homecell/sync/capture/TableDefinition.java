package io.homecell.sync.capture;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * How a server defines one of its tables.
 *
 * @param statement that makes such a table in its schema
 */
public record TableDefinition(TableName table, String statement) {

  /** Those of all tables but the server's own. */
  public static List<TableDefinition> readAll(Connection server) throws SQLException {
    List<TableName> tables = new ArrayList<>();
    List<TableDefinition> definitions = new ArrayList<>();
    try (Statement statement = server.createStatement()) {
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type ="
                  + " 'BASE TABLE' AND table_schema NOT IN ('mysql', 'sys', 'performance_schema',"
                  + " 'information_schema') ORDER BY 1, 2")) {
        while (rows.next()) {
          tables.add(new TableName(rows.getString(1), rows.getString(2)));
        }
      }
      for (TableName table : tables) {
        try (ResultSet row = statement.executeQuery("SHOW CREATE TABLE " + table.quoted())) {
          row.next();
          definitions.add(new TableDefinition(table, row.getString(2)));
        }
      }
    }
    return definitions;
  }
}
