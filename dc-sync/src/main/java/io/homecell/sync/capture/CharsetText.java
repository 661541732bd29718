package io.homecell.sync.capture;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

/**
 * Text of a column that is not in UTF-8, byte by byte as the source has it: the servers' own tables
 * convert it, if need be, and not Java's, which differ from them.
 *
 * @param charset its name as MySQL has it
 * @param hex the bytes as hexadecimal digits
 */
public record CharsetText(String charset, String hex) {
  public CharsetText {
    if (!charset.matches("[a-z0-9]+")) {
      throw new IllegalArgumentException("charset: '" + charset + "' (expected: [a-z0-9]+)");
    }
    if (!hex.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
      throw new IllegalArgumentException("hex: '" + hex + "' (expected: [0-9a-f]*)");
    }
  }

  private static final Set<String> UTF8 = Set.of("utf8mb4", "utf8mb3", "utf8", "ascii");

  /** What Java puts in place of bytes that are no UTF-8. */
  private static final char REPLACED = '\uFFFD';

  /** A {@link String} if the bytes are UTF-8 by their charset and in fact, else this. */
  static Object exact(String charset, byte[] bytes) {
    if (UTF8.contains(charset)) {
      String text = new String(bytes, StandardCharsets.UTF_8);
      if (text.indexOf(REPLACED) < 0
          || Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
        return text;
      }
    }
    return new CharsetText(charset, HexFormat.of().formatHex(bytes));
  }
}
