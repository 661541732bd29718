package io.homecell.router.websocket;

import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A client's well-formed wish to speak WebSocket on its connection (RFC 6455, 4.1) or on a stream
 * of HTTP/2 (RFC 8441, 5), and whether an answer grants it (4.2.2). Immutable.
 *
 * <p>What it upholds: a connection stops to be HTTP only if both sides have said so in a way that
 * nobody says by chance. A proxy that takes any upgrade for one hands its client a connection into
 * the inner network, on which nothing is routed or checked any more.
 *
 * @param key of the client, which the answer has to prove that it was read; one of the router's own
 *     if the client has none, as in HTTP/2
 */
public record Handshake(String key) {
  private static final String PROTOCOL = "websocket";
  private static final String VERSION = "13";
  private static final String KEY = "Sec-WebSocket-Key";
  private static final String ACCEPT = "Sec-WebSocket-Accept";
  private static final int KEY_BYTES = 16;
  private static final int KEY_LENGTH = 24;
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  /**
   * Reads the head of a request of HTTP/1.1.
   *
   * @return empty if it is no handshake by the letter: other protocols beside this one, another
   *     method or version, no key or two, or a body
   */
  public static Optional<Handshake> of(String method, MultiMap headers) {
    List<String> keys = headers.getAll(KEY);
    boolean sound =
        method.equals("GET")
            && isOnly(headers, "Upgrade", PROTOCOL)
            && isOnly(headers, "Sec-WebSocket-Version", VERSION)
            && hasToken(headers, "Connection", "upgrade")
            && keys.size() == 1
            && isKey(keys.get(0))
            && !hasBody(headers)
            && !headers.contains("Expect");
    return sound ? Optional.of(new Handshake(keys.get(0))) : Optional.empty();
  }

  /**
   * Reads the head of an extended CONNECT, whose stream is open.
   *
   * @param protocol that it asks for
   * @return empty if it is no handshake by the letter: another protocol or version, or a length
   */
  public static Optional<Handshake> ofConnect(String protocol, MultiMap headers) {
    boolean sound =
        protocol.equalsIgnoreCase(PROTOCOL)
            && isOnly(headers, "Sec-WebSocket-Version", VERSION)
            && !headers.contains("Content-Length")
            && !headers.contains("Expect");
    return sound ? Optional.of(new Handshake(newKey())) : Optional.empty();
  }

  /** It need not be secret: it proves that the other side has read this handshake. */
  private static String newKey() {
    byte[] bytes = new byte[KEY_BYTES];
    ThreadLocalRandom.current().nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Whether this answer of status 101 is to this handshake. */
  public boolean isGrantedBy(MultiMap answer) {
    return isOnly(answer, "Upgrade", PROTOCOL)
        && hasToken(answer, "Connection", "upgrade")
        && isOnly(answer, ACCEPT, accept())
        && !answer.contains("Content-Length");
  }

  /** Asks for it on the next connection, of HTTP/1.1. */
  public void writeUpgrade(MultiMap to) {
    to.set(KEY, key);
    writeSwitch(to);
  }

  /** Asks for it on the next connection, of HTTP/2: its frames say what two fields say else. */
  public static void writeConnect(MultiMap to) {
    to.remove(KEY);
    to.remove("Content-Length");
    to.remove("Transfer-Encoding");
  }

  /** Grants it to a client that speaks HTTP/1.1. */
  public void writeGrant(MultiMap to) {
    to.set(ACCEPT, accept());
    writeSwitch(to);
  }

  /** Grants it to a client that speaks HTTP/2, with the success that the status says. */
  public static void writeSuccess(MultiMap to) {
    to.remove(ACCEPT);
    to.remove("Content-Length");
  }

  private static void writeSwitch(MultiMap to) {
    to.remove("Content-Length");
    to.remove("Transfer-Encoding");
    to.set("Connection", "Upgrade");
    to.set("Upgrade", PROTOCOL);
  }

  private String accept() {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-1", e);
    }
  }

  /** Java's own client says that it has a body of no bytes. */
  private static boolean hasBody(MultiMap headers) {
    return headers.contains("Transfer-Encoding")
        || (headers.contains("Content-Length") && !isOnly(headers, "Content-Length", "0"));
  }

  /** The accept value is compared by case too: it differs by more than case from another one. */
  private static boolean isOnly(MultiMap headers, String name, String value) {
    List<String> values = headers.getAll(name);
    return values.size() == 1
        && (value.equals(PROTOCOL)
            ? values.get(0).equalsIgnoreCase(value)
            : values.get(0).equals(value));
  }

  private static boolean hasToken(MultiMap headers, String name, String token) {
    for (String line : headers.getAll(name)) {
      for (String part : line.split(",", -1)) {
        if (part.strip().equalsIgnoreCase(token)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isKey(String text) {
    try {
      return text.length() == KEY_LENGTH && Base64.getDecoder().decode(text).length == KEY_BYTES;
    } catch (IllegalArgumentException notBase64) {
      return false;
    }
  }
}
