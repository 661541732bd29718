package io.homecell.router.proxy;

import io.homecell.core.topology.AddressRange;
import java.util.List;
import java.util.stream.Stream;

/**
 * The addresses whose {@code Forwarded} and {@code X-Forwarded-*} are believed: load balancers that
 * stand before the router. Anybody else's are dropped, since anybody can write them. Immutable.
 */
public final class TrustedProxies {
  /** Nobody. */
  public static final TrustedProxies NONE = new TrustedProxies(List.of());

  private final List<AddressRange> ranges;

  private TrustedProxies(List<AddressRange> ranges) {
    this.ranges = List.copyOf(ranges);
  }

  /**
   * Reads a list like {@code 10.0.0.0/8, 192.168.1.7, fd00::/8}; empty for nobody.
   *
   * @throws IllegalArgumentException if a part is no address and no range of addresses
   */
  public static TrustedProxies parse(String list) {
    try {
      return new TrustedProxies(
          Stream.of(list.split(",", -1))
              .filter(part -> !part.isBlank())
              .map(part -> AddressRange.parse(part.strip()))
              .toList());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("trusted proxies: " + e.getMessage(), e);
    }
  }

  /** Whether what an address says of others is believed. */
  boolean contains(String address) {
    return AddressRange.anyContains(ranges, address);
  }
}
