package io.homecell.router.proxy;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * The secret that routers of different datacenters share. A hop header counts only beside it, so no
 * client can pretend to be a router. Never logged.
 */
public final class PeerKey {
  private static final int LENGTH_MIN = 16;

  private final String text;
  private final byte[] bytes;

  /**
   * @throws IllegalArgumentException if it is short enough to be guessed
   */
  public PeerKey(String text) {
    if (text.length() < LENGTH_MIN) {
      throw new IllegalArgumentException(
          "edge.hop: " + text.length() + " characters (expected: >= " + LENGTH_MIN + ")");
    }
    this.text = text;
    this.bytes = text.getBytes(StandardCharsets.UTF_8);
  }

  String text() {
    return text;
  }

  /** Compares in a time that does not tell how much is right. */
  boolean is(@Nullable String candidate) {
    return candidate != null
        && MessageDigest.isEqual(bytes, candidate.getBytes(StandardCharsets.UTF_8));
  }
}
