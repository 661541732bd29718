package io.homecell.sync.capture;

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
}
