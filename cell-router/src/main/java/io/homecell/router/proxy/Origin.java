package io.homecell.router.proxy;

import io.homecell.router.link.TrailerFrame;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where a request has come in, and what follows from that. Belongs to one event loop.
 *
 * @param wire of the client's connection; empty for another router's, and where there is no client
 *     to watch
 * @param proof whether it counts as a hop
 * @param trailers what of its trailers may go on; empty before its end
 */
record Origin(Optional<ClientWire> wire, HopProof proof, Supplier<MultiMap> trailers) {
  /** At the clients' port. */
  static Origin client(HttpServerRequest request, Optional<ClientWire> wire, HopProof proof) {
    return new Origin(wire, proof, () -> TrailedRequest.of(request));
  }

  /** At the port for other routers. */
  static Origin peer(HttpServerRequest request, HopProof proof) {
    MultiMap came = MultiMap.caseInsensitiveMultiMap();
    request.customFrameHandler(frame -> TrailerFrame.read(frame, came));
    return new Origin(
        Optional.empty(),
        proof,
        () -> {
          MultiMap passing = MultiMap.caseInsensitiveMultiMap();
          HeaderRules.copyTrailers(came, passing);
          return passing;
        });
  }
}
