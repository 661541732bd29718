package io.homecell.core.fence;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a user has written, as the database names it: the transactions {@code first} to {@code last}
 * of one server. Who has executed all of them has the write. Written {@code
 * 3e11fa47-71ca-11e1-9e33-c80aa9429562:23} or {@code ...:23-25}. Immutable.
 *
 * @param server the UUID of the server that committed, in lower case
 */
public record WriteToken(String server, long first, long last) {
  private static final Pattern FORM =
      Pattern.compile(
          "([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}):([1-9][0-9]{0,17})(?:-([1-9][0-9]{0,17}))?");

  /** Longer than any token, so that no client makes the pattern work hard. */
  private static final int LENGTH_MAX = 80;

  public WriteToken {
    if (first < 1 || last < first) {
      throw new IllegalArgumentException(
          "numbers: "
              + first
              + "-"
              + last
              + " (expected: 1 or more, the first not after the last)");
    }
  }

  /** Reads a token or a GTID; empty if it is neither. */
  public static Optional<WriteToken> parse(String text) {
    Matcher matcher = FORM.matcher(text.length() > LENGTH_MAX ? "" : text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long first = Long.parseLong(matcher.group(2));
    long last = matcher.group(3) == null ? first : Long.parseLong(matcher.group(3));
    return last < first
        ? Optional.empty()
        : Optional.of(new WriteToken(matcher.group(1).toLowerCase(Locale.ROOT), first, last));
  }

  /**
   * A token that asks for both, and for what lies between. Of two servers' the later is kept: one
   * request writes in one cell, and its server is replaced between two commits at most.
   */
  WriteToken and(WriteToken later) {
    return server.equals(later.server)
        ? new WriteToken(server, Math.min(first, later.first), Math.max(last, later.last))
        : later;
  }

  @Override
  public String toString() {
    return server + ":" + first + (last == first ? "" : "-" + last);
  }
}
