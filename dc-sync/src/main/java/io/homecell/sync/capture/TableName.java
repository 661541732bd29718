package io.homecell.sync.capture;

/** A table with its schema. */
public record TableName(String schema, String table) {
  /** With quotes, for a statement. */
  public String quoted() {
    return quote(schema) + "." + quote(table);
  }

  /** A name as an identifier in a statement. */
  public static String quote(String name) {
    return "`" + name.replace("`", "``") + "`";
  }

  @Override
  public String toString() {
    return schema + "." + table;
  }
}
