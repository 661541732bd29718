package io.homecell.benchmarks.router;

import java.util.Optional;

/**
 * How clients speak to the peers.
 *
 * @param tls what the peers show them; empty for plain HTTP
 * @param reconnects whether each request comes on a connection of its own
 */
record ClientTerms(Optional<EdgeCertificate> tls, boolean reconnects) {
  String scheme() {
    return tls.isPresent() ? "https" : "http";
  }
}
