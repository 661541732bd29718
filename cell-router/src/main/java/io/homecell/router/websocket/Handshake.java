package io.homecell.router.websocket;

import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * A client's well-formed wish to speak WebSocket on its connection (RFC 6455, 4.1), and whether an
 * answer grants it (4.2.2). Pure, immutable.
 *
 * <p>What it upholds: a connection stops to be HTTP only if both sides have said so in a way that
 * nobody says by chance. A proxy that takes any upgrade for one hands its client a connection into
 * the inner network, on which nothing is routed or checked any more.
 *
 * @param key of the client, which the answer has to prove that it was read
 */
public record Handshake(String key) {
  private static final String PROTOCOL = "websocket";
  private static final String VERSION = "13";
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
    List<String> keys = headers.getAll("Sec-WebSocket-Key");
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

  /** Whether this answer of status 101 is to this handshake. */
  public boolean isGrantedBy(MultiMap answer) {
    return isOnly(answer, "Upgrade", PROTOCOL)
        && hasToken(answer, "Connection", "upgrade")
        && isOnly(answer, "Sec-WebSocket-Accept", accept())
        && !answer.contains("Content-Length");
  }

  /**
   * Says it on the next connection, or back to the client: these two are of one connection only.
   */
  public static void writeUpgrade(MultiMap to) {
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
