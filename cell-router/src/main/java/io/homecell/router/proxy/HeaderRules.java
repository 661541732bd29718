package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.router.path.DecimalId;
import io.homecell.router.trace.RequestTrace;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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

  /** Says between routers that a success grants a WebSocket; nobody else's counts. */
  static final String WEB_SOCKET = CellHeaders.PREFIX + "WebSocket";

  /** Without its hyphen. */
  private static final int WORD_LENGTH = CellHeaders.PREFIX.length() - 1;

  private static final int STATUS_MIN = 200;
  private static final int STATUS_MAX = 599;

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

  /**
   * Whether a header is one between Homecell's own processes. With an underscore it is one too:
   * many servers hand both to their applications under the same name.
   */
  static boolean isInternal(String name) {
    if (name.regionMatches(true, 0, CellHeaders.CALL_PREFIX, 0, CellHeaders.CALL_PREFIX.length())) {
      return true;
    }
    return name.length() > WORD_LENGTH
        && (name.charAt(WORD_LENGTH) == '-' || name.charAt(WORD_LENGTH) == '_')
        && name.regionMatches(true, 0, CellHeaders.PREFIX, 0, WORD_LENGTH);
  }

  /** Copies what may go on of the fields behind a body. */
  static void copyTrailers(Iterable<Map.Entry<String, String>> from, MultiMap to) {
    for (Map.Entry<String, String> trailer : from) {
      if (mayTrail(trailer.getKey())) {
        to.add(trailer.getKey(), trailer.getValue());
      }
    }
  }

  /**
   * Whether a field may stand behind a body: not what says how it is framed, routed, or by whom it
   * is sent (RFC 9110, 6.5.1), since that is decided by the head.
   */
  private static boolean mayTrail(String name) {
    return !isHopByHop(name)
        && !isInternal(name)
        && !isForwarding(name)
        && !name.equalsIgnoreCase("Host")
        && !name.equalsIgnoreCase("Content-Length")
        && !name.equalsIgnoreCase("Authorization")
        && !name.equalsIgnoreCase("Cookie")
        && !name.equalsIgnoreCase("Expect")
        && !name.equalsIgnoreCase("Via");
  }

  /** Whether a header says where a request came from. */
  static boolean isForwarding(String name) {
    return switch (name.length()) {
      case 9 -> name.equalsIgnoreCase("Forwarded") || name.equalsIgnoreCase("X-Real-IP");
      default -> name.regionMatches(true, 0, "X-Forwarded-", 0, 12);
    };
  }

  /**
   * Copies what a request may carry on; framing, host, expectations and internals are left out.
   *
   * @param believed whether what it says of where it came from is kept
   */
  static void copyRequest(MultiMap from, MultiMap to, boolean believed) {
    List<String> named = namedByConnection(from);
    for (Map.Entry<String, String> header : from) {
      String name = header.getKey();
      if (!isHopByHop(name)
          && !isInternal(name)
          && (believed || !isForwarding(name))
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
          && (!internal
              || (toRouter && !name.equalsIgnoreCase(WEB_SOCKET))
              || name.equalsIgnoreCase(CellHeaders.SERVED_BY))
          && !name.equalsIgnoreCase(RequestTrace.REQUEST_ID)
          && !isNamed(named, name)) {
        to.add(name, header.getValue());
      }
    }
  }

  /**
   * Whether an answer's head is a final one whose body ends where it says, for each reader. Netty
   * has refused several lengths and what is no number.
   */
  static boolean isSound(int status, MultiMap headers) {
    String coding = headers.get(WireNames.TRANSFER_ENCODING);
    return status >= STATUS_MIN
        && status <= STATUS_MAX
        && (coding == null
            || (coding.equalsIgnoreCase("chunked")
                && headers.getAll(WireNames.TRANSFER_ENCODING).size() == 1));
  }

  /** The length of an answer's body, if it has one; -1 if its head does not say. */
  static long bodyLengthOf(HttpMethod method, int status, MultiMap headers) {
    if (!mayHaveBody(method, status)) {
      return 0;
    }
    String text = headers.get("Content-Length");
    return text == null ? -1 : DecimalId.parse(text).orElse(-1);
  }

  /** Whether an answer of this status to this method has a body (RFC 9110, 6.4.1). */
  private static boolean mayHaveBody(HttpMethod method, int status) {
    return !method.equals(HttpMethod.HEAD) && status != 204 && status != 304;
  }

  /** Whether who has sent a request takes fields behind the body of its answer. */
  static boolean takesTrailers(MultiMap headers) {
    String value = headers.get(WireNames.TE);
    return value != null && value.toLowerCase(Locale.ROOT).contains("trailers");
  }

  /** Whether a connection ends with the message that has these headers. */
  static boolean closes(MultiMap headers) {
    String value = headers.get(WireNames.CONNECTION);
    return value != null
        && !value.equalsIgnoreCase("keep-alive")
        && (value.equalsIgnoreCase("close") || isNamed(namedByConnection(headers), "close"));
  }

  private static List<String> namedByConnection(MultiMap headers) {
    String value = headers.get(WireNames.CONNECTION);
    if (value == null || value.equalsIgnoreCase("keep-alive") || value.equalsIgnoreCase("close")) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (String line : headers.getAll(WireNames.CONNECTION)) {
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
