package io.homecell.core.fence;

import java.util.Locale;
import java.util.Set;

/**
 * Which statements application code may run inside a transaction: those that read and change rows,
 * one at a time. What could end the transaction, change the session or the schema is refused here,
 * before it reaches the database.
 */
final class StatementText {
  private static final Set<String> QUERIES = Set.of("SELECT", "WITH");
  private static final Set<String> CHANGES =
      Set.of("INSERT", "UPDATE", "DELETE", "REPLACE", "WITH");

  private StatementText() {}

  static void checkQuery(String sql) {
    check(sql, QUERIES);
  }

  static void checkChange(String sql) {
    check(sql, CHANGES);
  }

  private static void check(String sql, Set<String> allowed) {
    String keyword = "";
    int at = 0;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      int end = skipped(sql, at);
      if (end > at) {
        at = end;
      } else if (c == ';') {
        throw refused(sql, "one statement at a time, without a semicolon");
      } else if (keyword.isEmpty() && Character.isLetter(c)) {
        int first = at;
        while (at < sql.length() && isWordPart(sql.charAt(at))) {
          at++;
        }
        keyword = sql.substring(first, at).toUpperCase(Locale.ROOT);
        if (!allowed.contains(keyword)) {
          throw refused(sql, "one of " + allowed.stream().sorted().toList());
        }
      } else if (keyword.isEmpty() && c != '(' && !Character.isWhitespace(c)) {
        throw refused(sql, "one of " + allowed.stream().sorted().toList());
      } else {
        at++;
      }
    }
    if (keyword.isEmpty()) {
      throw refused(sql, "one of " + allowed.stream().sorted().toList());
    }
  }

  /** The end of the comment or quoted text that starts here; {@code at} if none does. */
  private static int skipped(String sql, int at) {
    char c = sql.charAt(at);
    char next = at + 1 < sql.length() ? sql.charAt(at + 1) : ' ';
    if (c == '\'' || c == '"' || c == '`') {
      return endOfQuoted(sql, at, c);
    }
    if (c == '#' || (c == '-' && next == '-' && isBlankOrEnd(sql, at + 2))) {
      int end = sql.indexOf('\n', at);
      return end < 0 ? sql.length() : end + 1;
    }
    if (c == '/' && next == '*') {
      char kind = at + 2 < sql.length() ? sql.charAt(at + 2) : ' ';
      if (kind == '!' || kind == '+') {
        // MySQL executes the one and obeys the other (SET_VAR).
        throw refused(sql, "comments that are comments, not /*! or /*+");
      }
      int end = sql.indexOf("*/", at + 2);
      if (end < 0) {
        throw refused(sql, "every comment closed");
      }
      return end + 2;
    }
    return at;
  }

  private static int endOfQuoted(String sql, int at, char quote) {
    for (int i = at + 1; i < sql.length(); i++) {
      char c = sql.charAt(i);
      if (c == '\\' && quote != '`') {
        i++;
      } else if (c == quote) {
        return i + 1;
      }
    }
    throw refused(sql, "every quote closed");
  }

  private static boolean isBlankOrEnd(String sql, int at) {
    return at >= sql.length() || sql.charAt(at) <= ' ';
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_';
  }

  private static IllegalArgumentException refused(String sql, String expected) {
    String shown = sql.length() > 80 ? sql.substring(0, 80) + "…" : sql;
    return new IllegalArgumentException("statement: '" + shown + "' (expected: " + expected + ")");
  }
}
