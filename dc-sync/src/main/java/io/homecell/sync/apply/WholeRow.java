package io.homecell.sync.apply;

import io.homecell.sync.capture.Choice;
import io.homecell.sync.capture.TableName;
import java.math.BigInteger;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How a row of a table without a key is found: by its whole image, byte by byte. Its statements end
 * with {@code LIMIT 1}: rows for which all of this holds are the same row twice, and it does not
 * matter which of them is changed. So no two rows that differ may pass for equal, as the server's
 * own {@code =} lets them:
 *
 * <ul>
 *   <li>Text, ENUM and SET are compared by their bytes in the column's charset, since a collation
 *       may take {@code 'a'}, {@code 'A'} and {@code 'a '} for equal.
 *   <li>A FLOAT is compared with the double that it is; minus zero is told from zero by its sign.
 *   <li>JSON is compared by its text, which tells 1 from 1.0, and by the types of all its parts,
 *       which tell a DECIMAL from a DOUBLE and a date from a string of the same text.
 *   <li>NULL equals NULL ({@code <=>}).
 * </ul>
 *
 * <p>Columns that the server computes follow from the others. Proven in {@code ScenariosIT}, by
 * {@code no_key*.sql}. Safe for any number of threads.
 *
 * @param columns those that are stored, by name
 */
record WholeRow(Map<String, Column> columns) {
  private static final Set<String> NAMED = Set.of("enum", "set");
  private static final Set<String> REAL = Set.of("float", "double");

  /** All parts of a document, each with its place: in an order that equal texts share. */
  private static final String PARTS =
      ", '$' COLUMNS (NESTED PATH '$**.*' COLUMNS (m FOR ORDINALITY, member JSON PATH '$'),"
          + " NESTED PATH '$**[*]' COLUMNS (e FOR ORDINALITY, element JSON PATH '$'))) parts";

  /**
   * A column.
   *
   * @param type MySQL's {@code data_type}
   * @param charset of its text; empty if it holds none
   */
  record Column(String type, String charset) {}

  WholeRow {
    columns = Map.copyOf(columns);
  }

  /** Adds the condition that a column has exactly a value. */
  void append(StringBuilder sql, String name, @Nullable Object value) {
    Column column = columns.get(name);
    if (column == null) {
      throw new IllegalArgumentException("column: '" + name + "' (expected: one that is stored)");
    }
    String quoted = TableName.quote(name);
    if (value == null) {
      sql.append(quoted).append(" <=> NULL");
    } else if (column.type().equals("json")) {
      json(sql, quoted, value);
    } else if (column.type().equals("bit") && value instanceof byte[] bytes) {
      sql.append(quoted).append(" <=> ").append(new BigInteger(1, bytes));
    } else if (NAMED.contains(column.type()) && value instanceof Long number) {
      sql.append(quoted).append("+0 <=> ").append(number);
    } else if (value instanceof Choice choice && choice.isByNumber()) {
      sql.append(quoted).append("+0 <=> ").append(choice.numberText());
    } else if (value instanceof Choice choice) {
      text(sql, quoted, column.charset(), choice.name());
    } else if (!column.charset().isEmpty()) {
      text(sql, quoted, column.charset(), value);
    } else {
      sql.append(quoted).append(" <=> ");
      SqlLiteral.append(sql, value);
      if (REAL.contains(column.type()) && value instanceof Number number) {
        sign(sql, quoted, number.doubleValue());
      }
    }
  }

  private static void text(StringBuilder sql, String quoted, String charset, Object value) {
    sql.append("CAST(").append(quoted).append(" AS BINARY) <=> CAST(CONVERT(");
    SqlLiteral.append(sql, value);
    sql.append(" USING ").append(charset).append(") AS BINARY)");
  }

  private static void sign(StringBuilder sql, String quoted, double number) {
    if (number == 0) {
      // times 1e0: a FLOAT of so many digits shows no sign
      sql.append(" AND LEFT(").append(quoted).append(" * 1e0, 1) ");
      sql.append(1 / number < 0 ? "= '-'" : "<> '-'");
    }
  }

  private static void json(StringBuilder sql, String quoted, Object value) {
    StringBuilder document = new StringBuilder("CAST(");
    SqlLiteral.append(document, value);
    document.append(" AS JSON)");
    jsonText(sql, quoted);
    sql.append(" <=> ");
    jsonText(sql, document);
    sql.append(" AND ");
    jsonTypes(sql, quoted);
    sql.append(" <=> ");
    jsonTypes(sql, document);
  }

  private static void jsonText(StringBuilder sql, CharSequence document) {
    sql.append("CAST(CAST(").append(document).append(" AS CHAR) AS BINARY)");
  }

  private static void jsonTypes(StringBuilder sql, CharSequence document) {
    sql.append("(SELECT CONCAT(JSON_TYPE(").append(document).append("), HEX(BIT_XOR(UNHEX(MD5(");
    sql.append("CONCAT_WS('.', m, e, JSON_TYPE(member), JSON_TYPE(element)))))))");
    sql.append(" FROM JSON_TABLE(").append(document).append(PARTS).append(')');
  }
}
