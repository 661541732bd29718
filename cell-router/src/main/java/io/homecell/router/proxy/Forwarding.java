package io.homecell.router.proxy;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpConnection;
import org.jspecify.annotations.Nullable;

/**
 * What the router tells a cell of where a request came from: {@code Forwarded} (RFC 7239) and the
 * older {@code X-Forwarded-*}, saying the same. One for each client connection, so that a second
 * request on it costs nothing. Belongs to one event loop.
 */
final class Forwarding {
  private final String address;
  private final String proto;
  private final boolean trusted;
  private @Nullable String host;
  private @Nullable String element;

  /**
   * @param trusted whether what the peer says of others is believed
   */
  Forwarding(String address, boolean encrypted, boolean trusted) {
    this.address = address;
    this.proto = encrypted ? "https" : "http";
    this.trusted = trusted;
  }

  static Forwarding of(HttpConnection connection, TrustedProxies trusted) {
    String address = connection.remoteAddress().hostAddress();
    return new Forwarding(address, connection.isSsl(), trusted.contains(address));
  }

  boolean isTrusted() {
    return trusted;
  }

  /**
   * Adds what this router knows to what was copied.
   *
   * @param sentHost the request's host
   * @param believed whether what was copied is true: then the first host and protocol stay
   */
  void write(MultiMap to, @Nullable String sentHost, boolean believed) {
    append(to, WireNames.FORWARDED_FOR, address);
    append(to, WireNames.FORWARDED, element(sentHost));
    if (believed) {
      putIfAbsent(to, WireNames.FORWARDED_PROTO, proto);
      putIfAbsent(to, WireNames.FORWARDED_HOST, sentHost);
    } else {
      to.set(WireNames.FORWARDED_PROTO, proto);
      if (sentHost != null) {
        to.set(WireNames.FORWARDED_HOST, sentHost);
      }
    }
  }

  private static void putIfAbsent(MultiMap to, CharSequence name, @Nullable String value) {
    if (value != null && !to.contains(name)) {
      to.set(name, value);
    }
  }

  private String element(@Nullable String sentHost) {
    String known = element;
    if (known == null || sentHost == null || !sentHost.equals(host)) {
      known =
          "for="
              + (address.indexOf(':') < 0 ? address : "\"[" + address + "]\"")
              + (sentHost == null ? "" : ";host=" + quoted(sentHost))
              + ";proto="
              + proto;
      host = sentHost;
      element = known;
    }
    return known;
  }

  /** A port or an address in brackets is no token. */
  private static String quoted(String text) {
    return text.indexOf(':') < 0 ? text : "\"" + text + "\"";
  }

  static void append(MultiMap to, CharSequence name, CharSequence value) {
    if (to.contains(name)) {
      to.set(name, String.join(", ", to.getAll(name)) + ", " + value);
    } else {
      to.set(name, value);
    }
  }
}
