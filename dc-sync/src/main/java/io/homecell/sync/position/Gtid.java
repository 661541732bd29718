package io.homecell.sync.position;

/**
 * A global transaction identifier: the server that made the transaction and its number there.
 *
 * @param uuid the server's UUID, lower case
 * @param number from 1
 */
public record Gtid(String uuid, long number) {
  public Gtid {
    if (uuid.length() != 36 || number < 1) {
      throw new IllegalArgumentException(
          "gtid: '"
              + uuid
              + ":"
              + number
              + "' (expected: a server's UUID, a colon, a number from 1)");
    }
  }

  /**
   * Reads {@code 3e11fa47-71ca-11e1-9e33-c80aa9429562:23}.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Gtid parse(String text) {
    int colon = text.lastIndexOf(':');
    try {
      return new Gtid(
          text.substring(0, Math.max(colon, 0)).toLowerCase(java.util.Locale.ROOT),
          Long.parseLong(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "gtid: '" + text + "' (expected: a server's UUID, a colon, a number from 1)", e);
    }
  }

  @Override
  public String toString() {
    return uuid + ":" + number;
  }
}
