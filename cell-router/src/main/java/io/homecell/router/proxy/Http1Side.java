package io.homecell.router.proxy;

import io.homecell.router.decide.Refusal;
import io.homecell.router.websocket.Handshake;
import io.homecell.router.websocket.SocketEnd;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;

/**
 * A client that speaks HTTP/1.1 or 1.0: its connection ends where a request can't. Who was told
 * that it is closed sees it closed, and nothing it sends after that is a request. Belongs to one
 * event loop.
 */
final class Http1Side implements ClientSide {
  private static final String CONNECTION = "Connection";
  private static final String CLOSE = "close";

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Optional<ClientWire> wire;
  private final boolean old;
  private boolean closing;

  Http1Side(HttpServerRequest request, Optional<ClientWire> wire) {
    this.request = request;
    this.response = request.response();
    this.wire = wire;
    this.old = request.version() == HttpVersion.HTTP_1_0;
  }

  @Override
  public RequestHead readHead(String pseudonym) {
    return RequestHead.read(
        old, request.method().name(), request.uri(), request.headers(), pseudonym);
  }

  @Override
  public MultiMap trailers() {
    return TrailedRequest.of(request);
  }

  @Override
  public void begins(Exchange exchange) {
    wire.ifPresent(to -> to.begins(exchange));
  }

  @Override
  public void ended(Exchange exchange) {
    wire.ifPresent(to -> to.ended(exchange));
  }

  @Override
  public Optional<Refusal> cannotSwitch() {
    if (wire.isEmpty()) {
      return ClientSide.super.cannotSwitch();
    }
    return wire.get().isEarly() ? Optional.of(TOO_EARLY) : Optional.empty();
  }

  @Override
  public Optional<TunnelEnd> tunnelEnd() {
    return wire.flatMap(ClientWire::channel).map(SocketEnd::ofClient);
  }

  @Override
  public void grant(Handshake handshake) {
    response.setStatusCode(Upgrade.SWITCHING);
    // Vert.x would frame a body, which a 101 has none of.
    response.headersEndHandler(ignored -> handshake.writeGrant(response.headers()));
  }

  @Override
  public void goesOn() {
    if (wire.isPresent() && wire.get().isEarly()) {
      closes();
    } else {
      wire.ifPresent(ClientWire::goesOn);
    }
  }

  @Override
  public Forwarding forwarding(TrustedProxies trusted) {
    return wire.isPresent()
        ? wire.get().forwarding()
        : Forwarding.of(request.connection(), trusted);
  }

  @Override
  public void closes() {
    closing = true;
    wire.ifPresent(ClientWire::closing);
    if (!response.headWritten()) {
      response.putHeader(CONNECTION, CLOSE);
      if (old) {
        // Vert.x keeps its promise of HTTP/1.0 unless it is overruled last.
        response.headersEndHandler(ignored -> response.putHeader(CONNECTION, CLOSE));
      }
    }
  }

  @Override
  public void closeIfTold(RequestBody body) {
    if (closing) {
      body.discard();
      request.connection().close();
    }
  }

  @Override
  public void stream() {
    if (old) {
      closes();
    } else {
      response.setChunked(true);
    }
  }

  @Override
  public boolean takesHeadAlone() {
    return !old;
  }

  @Override
  public void breakOff() {
    request.connection().close();
  }
}
