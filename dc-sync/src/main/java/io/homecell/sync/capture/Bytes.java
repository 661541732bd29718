package io.homecell.sync.capture;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads numbers and bytes from the front of an array. What reaches beyond the end fails with an
 * {@link IndexOutOfBoundsException}. For one thread.
 */
final class Bytes {
  private final byte[] bytes;
  private int at;

  Bytes(byte[] bytes) {
    this.bytes = bytes;
  }

  int available() {
    return bytes.length - at;
  }

  int unsignedByte() {
    return bytes[at++] & 0xff;
  }

  /** An unsigned number of up to eight bytes, the lowest first; eight make it signed. */
  long littleEndian(int length) {
    long value = 0;
    for (int i = 0; i < length; i++) {
      value |= (bytes[at + i] & 0xffL) << (8 * i);
    }
    at += length;
    return value;
  }

  /** A number in two's complement, the lowest byte first. */
  long signed(int length) {
    int unused = 64 - 8 * length;
    return littleEndian(length) << unused >> unused;
  }

  /** An unsigned number, the highest byte first. */
  long bigEndian(int length) {
    long value = 0;
    for (int i = 0; i < length; i++) {
      value = value << 8 | (bytes[at + i] & 0xff);
    }
    at += length;
    return value;
  }

  /** MySQL's number of one, three, four or nine bytes. */
  int packed() {
    int first = unsignedByte();
    return switch (first) {
      case 252 -> (int) littleEndian(2);
      case 253 -> (int) littleEndian(3);
      case 254 -> Math.toIntExact(littleEndian(8));
      default -> first;
    };
  }

  byte[] take(int length) {
    if (length < 0 || length > available()) {
      throw new IndexOutOfBoundsException(
          length + " bytes at " + at + " (expected: at most " + available() + ")");
    }
    at += length;
    return Arrays.copyOfRange(bytes, at - length, at);
  }

  String utf8(int length) {
    return new String(take(length), StandardCharsets.UTF_8);
  }

  /** Passes over some; they can still be looked at with {@link #bit}. */
  int skip(int length) {
    int from = at;
    at += length;
    return from;
  }

  /** A bit of a field that starts at an index, the lowest of each byte first. */
  boolean bit(int from, int index) {
    return (bytes[from + (index >> 3)] >> (index & 7) & 1) != 0;
  }
}
