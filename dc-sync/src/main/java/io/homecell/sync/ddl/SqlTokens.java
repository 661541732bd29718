package io.homecell.sync.ddl;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The words, names and signs of a statement, without comments. No grammar. */
final class SqlTokens {
  /** What a token is. */
  enum Kind {
    /** Without quotes: a keyword, a name or a number. */
    WORD,
    /** In backquotes: a name. */
    NAME,
    /** In single or double quotes. */
    STRING,
    /** One sign. */
    SIGN
  }

  /**
   * A token.
   *
   * @param depth how many parentheses are open around it
   */
  record Token(Kind kind, String text, int depth) {
    boolean is(String keywordOrSign) {
      return (kind == Kind.WORD || kind == Kind.SIGN) && text.equalsIgnoreCase(keywordOrSign);
    }
  }

  private final String sql;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int depth;

  /** Within a comment that every server executes, as sysbench and dumps write them. */
  private boolean executed;

  private SqlTokens(String sql) {
    this.sql = sql;
  }

  /**
   * Splits a statement; empty if it has something whose end can't be told, or a comment that only
   * some servers execute. One that all execute is read as what it is: a part of the statement.
   */
  static Optional<List<Token>> of(String sql) {
    SqlTokens all = new SqlTokens(sql);
    return all.split() ? Optional.of(List.copyOf(all.tokens)) : Optional.empty();
  }

  private boolean split() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (sql.startsWith("/*", at)) {
        if (!comment()) {
          return false;
        }
      } else if (executed && sql.startsWith("*/", at)) {
        executed = false;
        at += 2;
      } else if (c == '#' || isDashComment()) {
        at = endOfLine();
      } else if (c == '`') {
        if (!quoted(c, Kind.NAME, false)) {
          return false;
        }
      } else if (c == '\'' || c == '"') {
        if (!quoted(c, Kind.STRING, true)) {
          return false;
        }
      } else if (isWordPart(c)) {
        word();
      } else {
        sign(c);
      }
    }
    return depth == 0 && !executed;
  }

  private boolean comment() {
    if (executed || sql.startsWith("/*M!", at)) {
      return false;
    }
    if (!sql.startsWith("/*!", at)) {
      return skipTo("*/", at + 2);
    }
    at += 3;
    executed = true;
    // with the number of a version it depends on the server
    return at < sql.length() && !Character.isDigit(sql.charAt(at));
  }

  private boolean isDashComment() {
    return sql.startsWith("--", at)
        && (at + 2 == sql.length() || Character.isWhitespace(sql.charAt(at + 2)));
  }

  private int endOfLine() {
    int end = sql.indexOf('\n', at);
    return end < 0 ? sql.length() : end;
  }

  private boolean skipTo(String end, int from) {
    int found = sql.indexOf(end, from);
    at = found + end.length();
    return found >= 0;
  }

  private boolean quoted(char quote, Kind kind, boolean escapes) {
    StringBuilder text = new StringBuilder();
    for (int i = at + 1; i < sql.length(); i++) {
      char c = sql.charAt(i);
      if (c == quote) {
        if (i + 1 == sql.length() || sql.charAt(i + 1) != quote) {
          at = i + 1;
          tokens.add(new Token(kind, text.toString(), depth));
          return true;
        }
        i++;
      } else if (escapes && c == '\\') {
        i++; // whatever follows, it is not the end
      }
      text.append(c);
    }
    return false;
  }

  private static boolean isWordPart(char c) {
    return Character.isLetterOrDigit(c) || c == '_' || c == '$' || c >= 0x80;
  }

  private void word() {
    int from = at;
    while (at < sql.length() && isWordPart(sql.charAt(at))) {
      at++;
    }
    tokens.add(new Token(Kind.WORD, sql.substring(from, at), depth));
  }

  private void sign(char c) {
    if (c == ')') {
      depth--;
    }
    tokens.add(new Token(Kind.SIGN, String.valueOf(c).toLowerCase(Locale.ROOT), depth));
    if (c == '(') {
      depth++;
    }
    at++;
  }
}
