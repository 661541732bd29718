package io.homecell.router.path;

import java.util.OptionalLong;

/**
 * Reads an id as it stands in a path, a header or a claim: digits only, so that one id has one
 * reading in every part of the system. No sign, no blank, no percent escape.
 */
public final class DecimalId {
  private static final int DIGITS_MAX = 19;

  private DecimalId() {}

  /** The id, or empty if the text is not a decimal number from 0 to 2^63-1. */
  public static OptionalLong parse(String text) {
    int length = text.length();
    if (length == 0 || length > DIGITS_MAX) {
      return OptionalLong.empty();
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      int digit = text.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        return OptionalLong.empty();
      }
      value = value * 10 + digit;
      if (value < 0) {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.of(value);
  }
}
