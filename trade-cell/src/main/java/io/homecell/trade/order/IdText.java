package io.homecell.trade.order;

import io.homecell.core.http.ProblemException;
import org.jspecify.annotations.Nullable;

/** Ids as they come in requests: decimal text. */
public final class IdText {
  private static final int DIGITS_MAX = 19;

  private IdText() {}

  /**
   * Reads an id.
   *
   * @param name of the field, for the message
   * @throws ProblemException 400 if it is missing or no id
   */
  public static long parse(String name, @Nullable String text) {
    if (text != null && text.length() <= DIGITS_MAX && text.matches("[1-9][0-9]*")) {
      try {
        return Long.parseLong(text);
      } catch (NumberFormatException tooLarge) {
        // told below
      }
    }
    throw new ProblemException(
        400,
        "bad-id",
        name + ": " + (text == null ? "missing" : "'" + text + "'") + " (expected: a decimal id)");
  }
}
