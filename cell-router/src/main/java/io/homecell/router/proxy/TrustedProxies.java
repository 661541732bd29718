package io.homecell.router.proxy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The addresses whose {@code Forwarded} and {@code X-Forwarded-*} are believed: load balancers that
 * stand before the router. Anybody else's are dropped, since anybody can write them. Immutable.
 */
public final class TrustedProxies {
  /** Nobody. */
  public static final TrustedProxies NONE = new TrustedProxies(List.of());

  private static final class Range {
    private final byte[] address;
    private final int bits;

    Range(byte[] address, int bits) {
      this.address = address;
      this.bits = bits;
    }

    boolean contains(byte[] other) {
      if (other.length != address.length) {
        return false;
      }
      int whole = bits / 8;
      int rest = bits % 8;
      int mask = (0xff << (8 - rest)) & 0xff;
      return Arrays.equals(address, 0, whole, other, 0, whole)
          && (rest == 0 || (address[whole] & mask) == (other[whole] & mask));
    }
  }

  private final List<Range> ranges;

  private TrustedProxies(List<Range> ranges) {
    this.ranges = List.copyOf(ranges);
  }

  /**
   * Reads a list like {@code 10.0.0.0/8, 192.168.1.7, fd00::/8}; empty for nobody.
   *
   * @throws IllegalArgumentException if a part is no address and no range of addresses
   */
  public static TrustedProxies parse(String list) {
    List<Range> ranges = new ArrayList<>();
    for (String part : list.split(",", -1)) {
      if (!part.isBlank()) {
        ranges.add(range(part.strip()));
      }
    }
    return ranges.isEmpty() ? NONE : new TrustedProxies(ranges);
  }

  private static Range range(String text) {
    int slash = text.indexOf('/');
    String host = slash < 0 ? text : text.substring(0, slash);
    // Letters and no colon would be a name, and be looked up.
    if (host.matches("[0-9.]+") || host.matches("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")) {
      try {
        byte[] address = InetAddress.getByName(host).getAddress();
        int all = address.length * 8;
        int bits = slash < 0 ? all : Integer.parseInt(text.substring(slash + 1));
        if (bits >= 0 && bits <= all) {
          return new Range(address, bits);
        }
      } catch (UnknownHostException | NumberFormatException e) {
        throw bad(text, e);
      }
    }
    throw bad(text, null);
  }

  private static IllegalArgumentException bad(String text, @Nullable Exception cause) {
    return new IllegalArgumentException(
        "trusted proxies: '" + text + "' (expected: an address or a range like 10.0.0.0/8)", cause);
  }

  /** Whether what an address says of others is believed. */
  boolean contains(String address) {
    return !ranges.isEmpty() && containsBytes(address);
  }

  private boolean containsBytes(String address) {
    try {
      byte[] bytes = InetAddress.getByName(address).getAddress();
      return ranges.stream().anyMatch(range -> range.contains(bytes));
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
