package io.homecell.core.rpc;

import java.util.OptionalLong;

/** Ids as they are written in paths, headers and JSON: decimal digits, no sign, no leading zero. */
public final class Ids {
  private static final int DIGITS_MAX = 19;

  private Ids() {}

  /** The id that a text writes, or empty if it writes none. */
  public static OptionalLong parse(String text) {
    int length = text.length();
    if (length == 0 || length > DIGITS_MAX || (length > 1 && text.charAt(0) == '0')) {
      return OptionalLong.empty();
    }
    for (int i = 0; i < length; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return OptionalLong.empty();
      }
    }
    try {
      return OptionalLong.of(Long.parseLong(text));
    } catch (NumberFormatException tooLarge) {
      return OptionalLong.empty();
    }
  }
}
