package io.homecell.sync.capture;

import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The members of an ENUM or a SET, in their order, by the bytes that the server has for each.
 *
 * @param column its name
 */
record ColumnOptions(String column, String charset, List<byte[]> members) {
  /** Charsets of wide characters, which Java knows as exactly as MySQL. */
  private static final Map<String, Charset> WIDE =
      Map.of(
          "ucs2", StandardCharsets.UTF_16BE,
          "utf16", StandardCharsets.UTF_16BE,
          "utf16le", StandardCharsets.UTF_16LE,
          "utf32", Charset.forName("UTF-32BE"));

  /** Where a byte below 128 may be another character than in ASCII. */
  private static final Set<String> NOT_ASCII = Set.of("swe7", "sjis", "cp932", "gb18030");

  ColumnOptions {
    members = List.copyOf(members);
  }

  /** The member with a number, from 1; the empty text for 0, MySQL's invalid value. */
  Object one(int number) {
    if (number == 0 || members.get(number - 1).length == 0) {
      requireNamed();
      return "";
    }
    return text(members.get(number - 1));
  }

  /** The members whose bits are set. */
  Object all(long bits) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    byte[] comma = ",".getBytes(WIDE.getOrDefault(charset, StandardCharsets.US_ASCII));
    int count = 0;
    for (int i = 0; i < members.size(); i++) {
      if ((bits >> i & 1) == 0) {
        continue;
      }
      if (members.get(i).length == 0) {
        requireNamed();
      }
      if (count++ > 0) {
        joined.writeBytes(comma);
      }
      joined.writeBytes(members.get(i));
    }
    if (count == 0) {
      requireNamed();
    }
    return text(joined.toByteArray());
  }

  private void requireNamed() {
    if (members.stream().anyMatch(member -> member.length == 0)) {
      throw new ReplicationHaltedException(
          Reason.VALUE_UNUSABLE,
          "column "
              + column
              + " has a member with the empty name, which is not told from none; rename it");
    }
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
  public String toString() {
    return column + members.stream().map(HexFormat.of()::formatHex).toList();
  }
}
