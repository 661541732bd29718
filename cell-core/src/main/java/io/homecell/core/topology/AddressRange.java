package io.homecell.core.topology;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Addresses that share their first bits, written {@code 10.0.0.0/8}, {@code 127.0.0.1} or {@code
 * fd00::/8}. Immutable.
 */
public final class AddressRange {
  // Letters and dots only in a form that is never looked up as a name.
  private static final Pattern NUMERIC =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*");

  private final String text;
  private final byte[] first;
  private final int bits;

  private AddressRange(String text, byte[] first, int bits) {
    this.text = text;
    this.first = first;
    this.bits = bits;
  }

  /**
   * Reads a range.
   *
   * @throws IllegalArgumentException if it is none, or has bits set behind its length
   */
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    String length = slash < 0 ? "" : text.substring(slash + 1);
    if (!NUMERIC.matcher(address).matches() || (slash >= 0 && !length.matches("[0-9]{1,3}"))) {
      throw bad(text);
    }
    byte[] bytes;
    try {
      bytes = InetAddress.getByName(address).getAddress();
    } catch (UnknownHostException e) {
      throw bad(text);
    }
    int bits = slash < 0 ? bytes.length * Byte.SIZE : Integer.parseInt(length);
    if (bits > bytes.length * Byte.SIZE) {
      throw bad(text);
    }
    AddressRange range = new AddressRange(text, bytes, bits);
    if (!Arrays.equals(range.masked(bytes), bytes)) {
      throw new IllegalArgumentException(
          "'" + text + "' has bits behind its length (expected: zeros there)");
    }
    return range;
  }

  private static IllegalArgumentException bad(String text) {
    return new IllegalArgumentException(
        "'" + text + "' is no range of addresses (expected: 10.0.0.0/8, 127.0.0.1 or fd00::/8)");
  }

  /**
   * Whether an address is in one of some ranges.
   *
   * @param address as the system writes it; what is none, such as a name, is in no range
   */
  public static boolean anyContains(List<AddressRange> ranges, String address) {
    if (ranges.isEmpty() || !NUMERIC.matcher(address).matches()) {
      return false;
    }
    try {
      byte[] bytes = InetAddress.getByName(address).getAddress();
      return ranges.stream().anyMatch(range -> range.contains(bytes));
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /**
   * Whether an address is one of them.
   *
   * @param address of four or sixteen bytes
   */
  public boolean contains(byte[] address) {
    return address.length == first.length && Arrays.equals(masked(address), first);
  }

  private byte[] masked(byte[] address) {
    byte[] masked = new byte[address.length];
    for (int i = 0; i < masked.length; i++) {
      int kept = Math.max(0, Math.min(Byte.SIZE, bits - i * Byte.SIZE));
      masked[i] = (byte) (address[i] & (0xff << (Byte.SIZE - kept)));
    }
    return masked;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof AddressRange range
        && bits == range.bits
        && Arrays.equals(first, range.first);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(first) * 31 + bits;
  }

  @Override
  public String toString() {
    return text;
  }
}
