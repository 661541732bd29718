package io.homecell.sync.ddl;

import io.homecell.sync.position.Gtid;
import java.util.Map;

/**
 * A statement that changed a schema, as the source's log has it.
 *
 * @param database in which names without a schema are; empty for none
 * @param sql the whole statement
 * @param session what it depends on besides its text: variables of the session that ran it, each
 *     with its value as it stands in a statement
 */
public record SchemaStatement(Gtid gtid, String database, String sql, Map<String, String> session) {
  private static final int SHORT = 300;

  public SchemaStatement {
    session = Map.copyOf(session);
  }

  /** For people: not longer than a line or two, and without what a password might be in. */
  public String brief() {
    String line =
        sql.replaceAll("\\s+", " ").replaceAll("(?i)(IDENTIFIED|PASSWORD)\\b.*", "$1 ...").strip();
    return line.length() <= SHORT ? line : line.substring(0, SHORT) + "...";
  }
}
