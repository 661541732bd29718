package io.homecell.sync.capture;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The members of an ENUM or a SET, in their order, by the bytes that the server has for each. */
final class ColumnOptions {
  /** Charsets of wide characters, which Java knows as exactly as MySQL. */
  private static final Map<String, Charset> WIDE =
      Map.of(
          "ucs2", StandardCharsets.UTF_16BE,
          "utf16", StandardCharsets.UTF_16BE,
          "utf16le", StandardCharsets.UTF_16LE,
          "utf32", Charset.forName("UTF-32BE"));

  /** Where a byte below 128 may be another character than in ASCII. */
  private static final Set<String> NOT_ASCII = Set.of("swe7", "sjis", "cp932", "gb18030");

  /** MySQL reads a text of at most so many digits as a member's number. */
  private static final int ZEROS_MAX = 5;

  private final String column;
  private final String charset;
  private final List<byte[]> members;
  private final List<Optional<String>> shown = new ArrayList<>();

  /**
   * Members.
   *
   * @param column its name
   * @param members none if the log does not tell them
   */
  ColumnOptions(String column, String charset, List<byte[]> members) {
    this.column = column;
    this.charset = charset;
    this.members = List.copyOf(members);
    members.forEach(
        member ->
            shown.add(
                text(member) instanceof String text && text.codePoints().allMatch(c -> c < 0x10000)
                    ? Optional.of(text)
                    : Optional.empty()));
  }

  String column() {
    return column;
  }

  List<byte[]> members() {
    return members;
  }

  /** The member with a number, from 1, or the invalid value for 0. */
  Choice one(int number) {
    return new Choice(this, false, number);
  }

  /** The members whose bits are set. */
  Choice all(long bits) {
    return new Choice(this, true, bits);
  }

  /** The name of a member as the server's dictionary shows it; empty if it does not, exactly. */
  Optional<String> shown(int member) {
    return shown.get(member - 1);
  }

  Object name(int member) {
    return text(members.get(member - 1));
  }

  /** Those whose bits are set, with commas between. */
  Object names(long bits) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    byte[] comma = ",".getBytes(WIDE.getOrDefault(charset, StandardCharsets.US_ASCII));
    boolean first = true;
    for (int i = 0; i < members.size(); i++) {
      if ((bits >>> i & 1) != 0) {
        joined.writeBytes(first ? new byte[0] : comma);
        joined.writeBytes(members.get(i));
        first = false;
      }
    }
    return text(joined.toByteArray());
  }

  /**
   * A text that MySQL reads as the number 0, the invalid value, which no session in strict mode may
   * write as a number: zeros, so many that they are no member's name.
   */
  String zero() {
    for (int length = ZEROS_MAX; length > 1; length--) {
      if (isFree(length)) {
        return "0".repeat(length);
      }
    }
    return "0";
  }

  /** Zeros of any script: a collation may hold them equal. */
  private boolean isFree(int length) {
    return shown.stream()
        .flatMap(Optional::stream)
        .noneMatch(
            name ->
                name.codePointCount(0, name.length()) == length
                    && name.codePoints().allMatch(c -> Character.digit(c, 10) == 0));
  }

  private Object text(byte[] bytes) {
    Charset wide = WIDE.get(charset);
    if (wide != null) {
      return new String(bytes, wide);
    }
    if (!NOT_ASCII.contains(charset) && isAscii(bytes)) {
      return new String(bytes, StandardCharsets.US_ASCII);
    }
    return charset.equals(BinlogColumn.BINARY) ? bytes : CharsetText.exact(charset, bytes);
  }

  private static boolean isAscii(byte[] bytes) {
    for (byte b : bytes) {
      if (b < 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ColumnOptions options && options.toString().equals(toString());
  }

  @Override
  public int hashCode() {
    return Arrays.deepHashCode(members.toArray());
  }

  @Override
  public String toString() {
    return column + " " + charset + members.stream().map(HexFormat.of()::formatHex).toList();
  }
}
