package io.homecell.router.proxy;

import io.homecell.router.link.TrailerFrame;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;

/** What a request brings along that came from another router. Belongs to one event loop. */
final class PeerRequest {
  private final HopProof proof;
  private final MultiMap trailers = MultiMap.caseInsensitiveMultiMap();

  PeerRequest(HttpServerRequest request, HopProof proof) {
    this.proof = proof;
    request.customFrameHandler(frame -> TrailerFrame.read(frame, trailers));
  }

  HopProof proof() {
    return proof;
  }

  /** What of its trailers may go on; empty before its end. */
  MultiMap trailers() {
    MultiMap passing = MultiMap.caseInsensitiveMultiMap();
    HeaderRules.copyTrailers(trailers, passing);
    return passing;
  }
}
