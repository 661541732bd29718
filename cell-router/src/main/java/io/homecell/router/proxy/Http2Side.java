package io.homecell.router.proxy;

import io.homecell.router.decide.Refusal;
import io.homecell.router.websocket.Handshake;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import java.util.Optional;

/**
 * A client that speaks HTTP/2: what ends is its stream, and the others on the connection go on.
 * Belongs to one event loop.
 */
final class Http2Side implements ClientSide {
  private static final long INTERNAL_ERROR = 2;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Http2Wire wire;
  private final Optional<String> protocol;
  private boolean closing;

  Http2Side(HttpServerRequest request, Http2Wire wire) {
    this.request = request;
    this.response = request.response();
    this.wire = wire;
    this.protocol = wire.protocol(request.streamId());
    if (protocol.isPresent()) {
      // What comes before the answer is in no hurry; and what is answered otherwise is no request
      // with a body, and ends the stream.
      request.pause();
      closing = true;
    }
  }

  @Override
  public RequestHead readHead(String pseudonym) {
    HostAndPort authority = request.authority();
    String path = request.uri();
    return RequestHead.ofHttp2(
        request.method().name(),
        path == null ? "" : path,
        authority == null ? Optional.empty() : Optional.of(authority.toString()),
        wire.isEnded(request.streamId()),
        protocol,
        request.headers(),
        pseudonym);
  }

  @Override
  public MultiMap trailers() {
    return wire.trailers(request.streamId());
  }

  @Override
  public void begins(Exchange exchange) {
    wire.begins(request, exchange);
  }

  @Override
  public void ended(Exchange exchange) {
    wire.ended(request.streamId());
  }

  @Override
  public Optional<Refusal> cannotSwitch() {
    return Optional.empty();
  }

  @Override
  public Optional<TunnelEnd> tunnelEnd() {
    return Optional.of(StreamTunnel.to(request));
  }

  @Override
  public void grant(Handshake handshake) {
    response.setStatusCode(StreamTunnel.GRANTED);
    Handshake.writeSuccess(response.headers());
  }

  @Override
  public boolean takesSuccessForGrant() {
    return protocol.isPresent();
  }

  @Override
  public Forwarding forwarding(TrustedProxies trusted) {
    return wire.forwarding();
  }

  @Override
  public void closes() {
    closing = true;
  }

  /** A whole answer, then a reset that is no failure: it stops the body (RFC 9113, 8.1). */
  @Override
  public void closeIfTold(RequestBody body) {
    if (closing && !wire.isEnded(request.streamId())) {
      body.discard();
      wire.endWithAnswer(request.streamId());
    }
  }

  @Override
  public void breakOff() {
    response.reset(INTERNAL_ERROR);
  }
}
