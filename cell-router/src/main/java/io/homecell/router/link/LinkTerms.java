package io.homecell.router.link;

import io.homecell.router.tls.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The bounds of the links to other datacenters' routers.
 *
 * @param files by which this router proves its datacenter and judges the others; used if the
 *     topology has peer ports
 * @param connectionsMax to one peer from one event loop
 * @param streamsMax requests at once on one connection; the peer may allow fewer
 * @param pingEvery how often each connection is tried
 * @param pongWithin for the answer; a connection without one is given up
 * @param handshakeWithin for TLS, from the connection on
 * @param waitMax for a stream when all are in use
 */
public record LinkTerms(
    Optional<TlsFiles> files,
    int connectionsMax,
    int streamsMax,
    Duration pingEvery,
    Duration pongWithin,
    Duration handshakeWithin,
    Duration waitMax) {
  /** Where the certificate is. */
  public static final String CERTIFICATE = "HOMECELL_PEER_CERTIFICATE";

  /** Where its key is. */
  public static final String KEY = "HOMECELL_PEER_KEY";

  /** Where the certificates of those are that vouch for peers. */
  public static final String AUTHORITIES = "HOMECELL_PEER_AUTHORITIES";

  public LinkTerms {
    if (connectionsMax < 1 || streamsMax < 1) {
      throw new IllegalArgumentException(
          "connectionsMax: "
              + connectionsMax
              + ", streamsMax: "
              + streamsMax
              + " (expected: each >= 1)");
    }
    for (Duration each : List.of(pingEvery, pongWithin, handshakeWithin, waitMax)) {
      if (each.isNegative() || each.isZero()) {
        throw new IllegalArgumentException(
            "pingEvery: "
                + pingEvery
                + ", pongWithin: "
                + pongWithin
                + ", handshakeWithin: "
                + handshakeWithin
                + ", waitMax: "
                + waitMax
                + " (expected: each > 0)");
      }
    }
  }

  /** What a router runs with unless told otherwise. */
  public static LinkTerms standard() {
    return new LinkTerms(
        Optional.empty(),
        2,
        256,
        Duration.ofSeconds(2),
        Duration.ofSeconds(3),
        Duration.ofSeconds(3),
        Duration.ofSeconds(3));
  }

  /**
   * The usual ones, with the files that the environment names.
   *
   * @throws IllegalArgumentException if it names some of them only
   */
  public static LinkTerms fromEnvironment(Map<String, String> environment) {
    List<String> missing = new ArrayList<>(List.of(CERTIFICATE, KEY, AUTHORITIES));
    missing.removeIf(name -> !environment.getOrDefault(name, "").isBlank());
    if (missing.size() == 3) {
      return standard();
    }
    if (!missing.isEmpty()) {
      throw new IllegalArgumentException(
          String.join(", ", missing)
              + ": not set (expected: all of "
              + String.join(", ", CERTIFICATE, KEY, AUTHORITIES)
              + ", or none)");
    }
    return standard()
        .withFiles(
            new TlsFiles(
                Path.of(environment.get(CERTIFICATE)),
                Path.of(environment.get(KEY)),
                Optional.of(Path.of(environment.get(AUTHORITIES)))));
  }

  public LinkTerms withFiles(TlsFiles those) {
    return new LinkTerms(
        Optional.of(those),
        connectionsMax,
        streamsMax,
        pingEvery,
        pongWithin,
        handshakeWithin,
        waitMax);
  }

  public LinkTerms withPing(Duration every, Duration within) {
    return new LinkTerms(
        files, connectionsMax, streamsMax, every, within, handshakeWithin, waitMax);
  }

  public LinkTerms withConnections(int most) {
    return new LinkTerms(files, most, streamsMax, pingEvery, pongWithin, handshakeWithin, waitMax);
  }

  public LinkTerms withStreams(int perConnection, Duration wait) {
    return new LinkTerms(
        files, connectionsMax, perConnection, pingEvery, pongWithin, handshakeWithin, wait);
  }
}
