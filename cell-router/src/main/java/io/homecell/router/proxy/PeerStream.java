package io.homecell.router.proxy;

import io.homecell.router.decide.Refusal;
import io.homecell.router.link.TrailerFrame;
import io.homecell.router.websocket.Handshake;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;

/**
 * Another datacenter's router, which forwards a request: what ends is its stream. Who it is was
 * proven by its connection. Belongs to one event loop.
 */
final class PeerStream implements ClientSide {
  /** RFC 9113, 7. */
  private static final long NO_ERROR = 0x0;

  private static final long INTERNAL_ERROR = 0x2;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final HopProof proof;
  private final Optional<String> protocol;
  private final MultiMap trailers = MultiMap.caseInsensitiveMultiMap();
  private boolean closing;

  /**
   * @param request with the fields that it would have in HTTP/1.1
   * @param protocol that it asks for on its stream, if it does
   */
  PeerStream(HttpServerRequest request, HopProof proof, Optional<String> protocol) {
    this.request = request;
    this.response = request.response();
    this.proof = proof;
    this.protocol = protocol;
    if (protocol.isPresent()) {
      request.pause();
    }
    request.customFrameHandler(frame -> TrailerFrame.read(frame, trailers));
  }

  HopProof proof() {
    return proof;
  }

  @Override
  public RequestHead readHead(String pseudonym) {
    return RequestHead.ofPeer(
        request.method().name(), request.uri(), protocol, request.headers(), pseudonym);
  }

  @Override
  public MultiMap trailers() {
    MultiMap passing = MultiMap.caseInsensitiveMultiMap();
    HeaderRules.copyTrailers(trailers, passing);
    return passing;
  }

  @Override
  public void begins(Exchange exchange) {
    // It has judged its client's pace.
  }

  @Override
  public void ended(Exchange exchange) {
    // The stream ends with the answer.
  }

  @Override
  public Optional<Refusal> cannotSwitch() {
    return Optional.empty();
  }

  @Override
  public Optional<TunnelEnd> tunnelEnd() {
    return Optional.of(StreamTunnel.to(request));
  }

  /** The other router must not take a cell's own success for a grant: its client may know both. */
  @Override
  public void grant(Handshake handshake) {
    response.setStatusCode(StreamTunnel.GRANTED);
    Handshake.writeSuccess(response.headers());
    StreamTunnel.markGrant(response.headers());
  }

  @Override
  public Forwarding forwarding(TrustedProxies trusted) {
    return Forwarding.of(request.connection(), trusted);
  }

  @Override
  public void closes() {
    closing = true;
  }

  /** A whole answer, then a reset that is no failure: it stops the body (RFC 9113, 8.1). */
  @Override
  public void closeIfTold(RequestBody body) {
    if (closing && !body.isEnded()) {
      body.discard();
      response.reset(NO_ERROR);
    }
  }

  @Override
  public void breakOff() {
    response.reset(INTERNAL_ERROR);
  }
}
