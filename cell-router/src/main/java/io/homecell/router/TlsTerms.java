package io.homecell.router;

import io.homecell.router.tls.TlsFiles;
import java.time.Duration;
import java.util.Optional;

/**
 * Whether the clients' port speaks TLS, and what it asks of those who speak HTTP/2 there.
 *
 * @param files of its certificate; empty for plain HTTP/1.1
 * @param handshakeWithin for a TLS handshake
 * @param streamsMax requests at once on one connection
 * @param resetsMax how many of them may be given up, and how many ill ones refused, in such a
 *     window: more is "rapid reset" (CVE-2023-44487), and the connection is closed
 * @param idleFramesMax frames that carry nothing (PING, SETTINGS, PRIORITY and the like) in such a
 *     window; more is a flood, and the connection is closed
 * @param window of both counts, in whole seconds
 */
public record TlsTerms(
    Optional<TlsFiles> files,
    Duration handshakeWithin,
    int streamsMax,
    int resetsMax,
    int idleFramesMax,
    Duration window) {
  public TlsTerms {
    if (streamsMax < 1 || resetsMax < 1 || idleFramesMax < 1 || window.toSeconds() < 1) {
      throw new IllegalArgumentException(
          "streamsMax: "
              + streamsMax
              + ", resetsMax: "
              + resetsMax
              + ", idleFramesMax: "
              + idleFramesMax
              + ", window: "
              + window
              + " (expected: each >= 1, >= 1 s)");
    }
  }

  /** Without TLS, and with the bounds that hold if there is some. */
  public static TlsTerms standard() {
    return new TlsTerms(
        Optional.empty(), Duration.ofSeconds(10), 100, 200, 1_000, Duration.ofSeconds(30));
  }

  public TlsTerms withFiles(Optional<TlsFiles> certificate) {
    return new TlsTerms(certificate, handshakeWithin, streamsMax, resetsMax, idleFramesMax, window);
  }

  public TlsTerms withBounds(int streams, int resets, int idleFrames) {
    return new TlsTerms(files, handshakeWithin, streams, resets, idleFrames, window);
  }
}
