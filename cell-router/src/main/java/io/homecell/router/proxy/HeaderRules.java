package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.router.trace.RequestTrace;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Which headers pass. Pure.
 *
 * <p>What it upholds: no header that belongs to one connection reaches the next one; no internal
 * header of a client reaches a cell; the router alone says how a body is framed.
 */
final class HeaderRules {
  /** Proves that a hop header is a router's. */
  static final String HOP_KEY = CellHeaders.PREFIX + "Hop-Key";

  private static final int PREFIX_LENGTH = CellHeaders.PREFIX.length();

  private HeaderRules() {}

  /** Whether a header speaks of one connection only (RFC 9110, 7.6.1), or of the body's framing. */
  static boolean isHopByHop(String name) {
    return switch (name.length()) {
      case 2 -> name.equalsIgnoreCase("TE");
      case 7 -> name.equalsIgnoreCase("Upgrade") || name.equalsIgnoreCase("Trailer");
      case 10 -> name.equalsIgnoreCase("Connection") || name.equalsIgnoreCase("Keep-Alive");
      case 16 -> name.equalsIgnoreCase("Proxy-Connection");
      case 17 -> name.equalsIgnoreCase("Transfer-Encoding");
      case 18 -> name.equalsIgnoreCase("Proxy-Authenticate");
      case 19 -> name.equalsIgnoreCase("Proxy-Authorization");
      default -> false;
    };
  }

  /** Whether a header is one between Homecell's own processes. */
  static boolean isInternal(String name) {
    return name.regionMatches(true, 0, CellHeaders.PREFIX, 0, PREFIX_LENGTH);
  }

  /** Copies what a request may carry on; framing, host, expectations and internals are left out. */
  static void copyRequest(MultiMap from, MultiMap to) {
    List<String> named = namedByConnection(from);
    for (Map.Entry<String, String> header : from) {
      String name = header.getKey();
      if (!isHopByHop(name)
          && !isInternal(name)
          && !name.equalsIgnoreCase("Host")
          && !name.equalsIgnoreCase("Expect")
          && !name.equalsIgnoreCase("Content-Length")
          && !isNamed(named, name)) {
        to.add(name, header.getValue());
      }
    }
  }

  /**
   * Copies what an answer may carry on. The request's id is this router's to say.
   *
   * @param toRouter whether another router gets it, which needs the internal headers
   */
  static void copyResponse(MultiMap from, MultiMap to, boolean toRouter) {
    List<String> named = namedByConnection(from);
    for (Map.Entry<String, String> header : from) {
      String name = header.getKey();
      boolean internal = isInternal(name);
      if (!isHopByHop(name)
          && (!internal || toRouter || name.equalsIgnoreCase(CellHeaders.SERVED_BY))
          && !name.equalsIgnoreCase(RequestTrace.REQUEST_ID)
          && !isNamed(named, name)) {
        to.add(name, header.getValue());
      }
    }
  }

  private static List<String> namedByConnection(MultiMap headers) {
    String value = headers.get("Connection");
    if (value == null || value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close")) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (String line : headers.getAll("Connection")) {
      for (String token : line.split(",", -1)) {
        names.add(token.strip());
      }
    }
    return names;
  }

  private static boolean isNamed(List<String> names, String name) {
    for (String named : names) {
      if (named.equalsIgnoreCase(name)) {
        return true;
      }
    }
    return false;
  }
}
