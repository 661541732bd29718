package io.homecell.router.proxy;

import io.homecell.router.decide.Refusal;
import io.homecell.router.websocket.Handshake;
import io.vertx.core.MultiMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The head of a client's request, read once. Pure, immutable.
 *
 * <p>What it upholds: a request that goes on has one reading. What another process on its way could
 * read as another request (RFC 9112, 3 and 6; "request smuggling"), and what this router can't do
 * for its client, is refused here by name, before a byte of it is sent on.
 */
final class RequestHead {
  static final Refusal NO_UPGRADE =
      Refusal.of(
          501,
          "upgrade-not-implemented",
          "Upgrade: websocket (expected: a handshake of version 13, by RFC 6455 over HTTP/1.1 or RFC"
              + " 8441 over HTTP/2)");

  private static final int PORT_DIGITS_MAX = 5;
  private static final String HTTP = "http://";
  private static final String HTTPS = "https://";

  private final String target;
  private final Optional<String> host;
  private final BodyFraming framing;
  private final boolean old;
  private final boolean expectsContinue;
  private final boolean aboutRouter;
  private final Optional<Handshake> handshake;
  private final Optional<Refusal> refusal;

  private RequestHead(
      String target,
      Optional<String> host,
      BodyFraming framing,
      boolean old,
      boolean expectsContinue,
      boolean aboutRouter,
      Optional<Handshake> handshake,
      Optional<Refusal> refusal) {
    this.target = target;
    this.host = host;
    this.framing = framing;
    this.old = old;
    this.expectsContinue = expectsContinue;
    this.aboutRouter = aboutRouter;
    this.handshake = handshake;
    this.refusal = refusal;
  }

  /** The fields that say more than that they pass. */
  private static final class Fields {
    private int hosts;
    private @Nullable String host;
    private @Nullable String expect;
    private boolean framed;
    private boolean webSocket;
    private boolean looped;
    private boolean noFurther;

    Fields(MultiMap headers, String pseudonym) {
      for (Map.Entry<String, String> header : headers) {
        note(header.getKey(), header.getValue(), pseudonym);
      }
    }

    private void note(String name, String value, String pseudonym) {
      switch (name.length()) {
        case 3 -> looped |= name.equalsIgnoreCase("Via") && names(value, pseudonym);
        case 4 -> {
          if (name.equalsIgnoreCase("Host")) {
            hosts++;
            host = value;
          }
        }
        case 6 -> {
          if (name.equalsIgnoreCase("Expect")) {
            expect = expect == null ? value : expect + "," + value;
          }
        }
        case 7 ->
            webSocket |=
                name.equalsIgnoreCase("Upgrade")
                    && value.toLowerCase(Locale.ROOT).contains("websocket");
        case 12 -> noFurther |= name.equalsIgnoreCase("Max-Forwards") && value.equals("0");
        case 14 -> framed |= name.equalsIgnoreCase("Content-Length");
        case 17 -> framed |= name.equalsIgnoreCase("Transfer-Encoding");
        default -> {}
      }
    }

    /** Whether one of the hops of a {@code Via} was the one of this name. */
    private static boolean names(String via, String pseudonym) {
      for (String hop : via.split(",", -1)) {
        String[] words = hop.strip().split("[ \\t]+", -1);
        if (words.length > 1 && words[1].equalsIgnoreCase(pseudonym)) {
          return true;
        }
      }
      return false;
    }
  }

  /**
   * Reads a head.
   *
   * @param old whether it is of HTTP/1.0
   * @param pseudonym this router's name in {@code Via}
   */
  static RequestHead read(
      boolean old, String method, String target, MultiMap headers, String pseudonym) {
    Fields fields = new Fields(headers, pseudonym);
    Optional<BodyFraming> framing =
        fields.framed ? BodyFraming.of(headers) : Optional.of(BodyFraming.EMPTY);
    Optional<Handshake> handshake =
        fields.webSocket && !old ? Handshake.of(method, headers) : Optional.empty();
    boolean named = isHost(fields, old, authority(target));
    return of(
        old, method, target, originForm(target), framing, named, handshake, fields, pseudonym);
  }

  /**
   * Reads the head of what another router forwards, with the fields that it would have in HTTP/1.1.
   *
   * @param protocol that it asks for on its stream, if it does
   */
  static RequestHead ofPeer(
      String method, String target, Optional<String> protocol, MultiMap headers, String pseudonym) {
    if (protocol.isEmpty()) {
      return read(false, method, target, headers, pseudonym);
    }
    Fields fields = new Fields(headers, pseudonym);
    boolean named = isHost(fields, false, authority(target));
    return ofConnect(
        method, target, named, Handshake.ofConnect(protocol.get(), headers), fields, pseudonym);
  }

  private static RequestHead ofConnect(
      String method,
      String target,
      boolean named,
      Optional<Handshake> handshake,
      Fields fields,
      String pseudonym) {
    fields.webSocket = true;
    Optional<BodyFraming> none = Optional.of(BodyFraming.EMPTY);
    return of(false, method, target, target, none, named, handshake, fields, pseudonym);
  }

  /**
   * Reads a head of HTTP/2, which has fewer ways to say a thing.
   *
   * @param authority as {@code :authority} has it, or {@code Host} if that is absent
   * @param ended whether no body follows
   * @param protocol that it asks for on its stream, if it does
   */
  static RequestHead ofHttp2(
      String method,
      String path,
      Optional<String> authority,
      boolean ended,
      Optional<String> protocol,
      MultiMap headers,
      String pseudonym) {
    Fields fields = new Fields(headers, pseudonym);
    Optional<BodyFraming> framing =
        fields.framed
            ? BodyFraming.of(headers).filter(said -> !ended || said.isEmpty())
            : Optional.of(ended ? BodyFraming.EMPTY : new BodyFraming(BodyFraming.CHUNKED));
    boolean named =
        authority.isPresent()
            && isHostAndPort(authority.get())
            && (fields.host == null
                || (fields.hosts == 1 && authority.get().equalsIgnoreCase(fields.host)));
    fields.host = authority.orElse(null);
    if (protocol.isPresent()) {
      Optional<Handshake> handshake =
          ended ? Optional.empty() : Handshake.ofConnect(protocol.get(), headers);
      return ofConnect(method, path, named, handshake, fields, pseudonym);
    }
    return of(false, method, path, path, framing, named, Optional.empty(), fields, pseudonym);
  }

  private static RequestHead of(
      boolean old,
      String method,
      String target,
      String origin,
      Optional<BodyFraming> framing,
      boolean named,
      Optional<Handshake> handshake,
      Fields fields,
      String pseudonym) {
    boolean hears = !old && "100-continue".equalsIgnoreCase(fields.expect);
    @Nullable Refusal refusal = null;
    if (framing.isEmpty()) {
      refusal = bad("bad-framing", "the length of the body is given ambiguously");
    } else if (method.equals("CONNECT") || method.equals("TRACE")) {
      refusal = Refusal.of(501, "method-not-implemented", "method: " + method + " is not routed");
    } else if (!isTarget(origin) && !isAboutRouter(method, target)) {
      refusal = bad("bad-target", "the request target (expected: a path in visible ASCII)");
    } else if (!named) {
      refusal = bad("bad-host", "Host (expected: one, of the name that the target has)");
    } else if (fields.looped) {
      refusal = Refusal.of(508, "loop", "Via: the request was at " + pseudonym + " before");
    } else if (!old && fields.expect != null && !hears) {
      refusal =
          Refusal.of(417, "expectation", "Expect: can't be met (expected: 100-continue or none)");
    } else if (fields.webSocket && handshake.isEmpty()) {
      refusal = NO_UPGRADE;
    }
    return new RequestHead(
        origin,
        Optional.ofNullable(fields.host),
        framing.orElse(BodyFraming.EMPTY),
        old,
        hears,
        isAboutRouter(method, target) || (method.equals("OPTIONS") && fields.noFurther),
        handshake,
        Optional.ofNullable(refusal));
  }

  private static Refusal bad(String kind, String detail) {
    return Refusal.of(400, kind, detail);
  }

  /** An absolute form without scheme and host. */
  private static String originForm(String target) {
    int authority = authorityStart(target);
    if (authority < 0) {
      return target;
    }
    int path = target.indexOf('/', authority);
    return path < 0 ? "" : target.substring(path);
  }

  private static int authorityStart(String target) {
    if (target.startsWith("/")) {
      return -1;
    }
    if (target.regionMatches(true, 0, HTTP, 0, HTTP.length())) {
      return HTTP.length();
    }
    return target.regionMatches(true, 0, HTTPS, 0, HTTPS.length()) ? HTTPS.length() : -1;
  }

  private static Optional<String> authority(String target) {
    int start = authorityStart(target);
    if (start < 0) {
      return Optional.empty();
    }
    int end = target.indexOf('/', start);
    return Optional.of(end < 0 ? target.substring(start) : target.substring(start, end));
  }

  /** Whether each reader finds the same path and query in it. */
  private static boolean isTarget(String text) {
    if (!text.startsWith("/")) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char next = text.charAt(i);
      if (next <= ' ' || next > '~' || next == '#') {
        return false;
      }
    }
    return true;
  }

  private static boolean isAboutRouter(String method, String target) {
    return target.equals("*") && method.equals("OPTIONS");
  }

  private static boolean isHost(Fields fields, boolean old, Optional<String> authority) {
    String host = fields.host;
    if (host == null) {
      return old && authority.isEmpty();
    }
    return fields.hosts == 1
        && isHostAndPort(host)
        && (authority.isEmpty() || authority.get().equalsIgnoreCase(host));
  }

  private static boolean isHostAndPort(String text) {
    int portAt = text.startsWith("[") ? text.indexOf(']') + 1 : text.indexOf(':');
    int end = portAt < 0 ? text.length() : portAt;
    for (int i = 0; i < end; i++) {
      if (!isHostChar(text.charAt(i), text.charAt(0) == '[')) {
        return false;
      }
    }
    return end > 0 && (end == text.length() || isPort(text, end));
  }

  private static boolean isHostChar(char next, boolean address) {
    return (next >= 'a' && next <= 'z')
        || (next >= '0' && next <= '9')
        || (next >= 'A' && next <= 'Z')
        || next == '-'
        || next == '.'
        || next == '_'
        || (address && (next == ':' || next == '[' || next == ']'));
  }

  private static boolean isPort(String text, int colon) {
    if (text.charAt(colon) != ':' || text.length() - colon - 1 > PORT_DIGITS_MAX) {
      return false;
    }
    for (int i = colon + 1; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /** Why it goes nowhere; what else is told of it is meaningless then. */
  Optional<Refusal> refusal() {
    return refusal;
  }

  /** Path and query, as they are sent on. */
  String uri() {
    return target;
  }

  /** What routes are compared with. */
  String path() {
    int query = target.indexOf('?');
    return query < 0 ? target : target.substring(0, query);
  }

  /** Of the service that was asked for, with its port if it was given. */
  Optional<String> host() {
    return host;
  }

  BodyFraming framing() {
    return framing;
  }

  /** Whether the client waits with its body until it is asked for it. */
  boolean expectsContinue() {
    return expectsContinue;
  }

  /** Whether it is of HTTP/1.0, whose readers know no chunks. */
  boolean isOld() {
    return old;
  }

  /** The WebSocket that it asks for, if it does. */
  Optional<Handshake> handshake() {
    return handshake;
  }

  /** {@code OPTIONS} with the target {@code *} or no hop left: asks the router, not a cell. */
  boolean isAboutRouter() {
    return aboutRouter;
  }
}
