package io.homecell.router;

import io.homecell.router.proxy.TrustedProxies;
import java.time.Duration;

/**
 * What a router asks of its clients.
 *
 * @param headWithin for a whole request head, from its first byte, or from the connection on for
 *     the first
 * @param progressWithin the window in which {@code progressBytesMin} of a body must come, or of an
 *     answer be taken, while it is the client's turn
 * @param progressBytesMin in each such window
 * @param trusted whose {@code Forwarded} and {@code X-Forwarded-*} are believed
 */
public record ClientTerms(
    Duration headWithin, Duration progressWithin, int progressBytesMin, TrustedProxies trusted) {
  public ClientTerms {
    if (headWithin.isNegative() || headWithin.isZero() || progressWithin.isZero()) {
      throw new IllegalArgumentException(
          "headWithin: " + headWithin + ", progressWithin: " + progressWithin + " (expected: > 0)");
    }
    if (progressBytesMin < 1) {
      throw new IllegalArgumentException(
          "progressBytesMin: " + progressBytesMin + " (expected: >= 1)");
    }
  }

  /** What is asked unless told otherwise; nobody is trusted. */
  public static ClientTerms standard() {
    return new ClientTerms(
        Duration.ofSeconds(10), Duration.ofSeconds(30), 8 << 10, TrustedProxies.NONE);
  }

  public ClientTerms withHeadWithin(Duration atMost) {
    return new ClientTerms(atMost, progressWithin, progressBytesMin, trusted);
  }

  public ClientTerms withProgress(Duration within, int bytesMin) {
    return new ClientTerms(headWithin, within, bytesMin, trusted);
  }

  public ClientTerms withTrusted(TrustedProxies proxies) {
    return new ClientTerms(headWithin, progressWithin, progressBytesMin, proxies);
  }
}
