package io.homecell.router.proxy;

import io.homecell.router.decide.Refusal;
import io.netty.channel.Channel;
import io.netty.handler.codec.DecoderException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.Optional;

/**
 * The client's side of an exchange: how its connection goes on, and ends. Who was told that it is
 * closed sees it closed, and nothing it sends after that is a request. Belongs to one event loop.
 */
final class ClientSide {
  private static final String CONNECTION = "Connection";
  private static final String CLOSE = "close";

  static final Refusal TOO_EARLY =
      Refusal.of(400, "early-bytes", "bytes behind a handshake (expected: none before its answer)");

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Optional<ClientWire> wire;
  private final boolean old;
  private boolean closing;

  /**
   * @param old whether it speaks HTTP/1.0
   */
  ClientSide(HttpServerRequest request, Optional<ClientWire> wire, boolean old) {
    this.request = request;
    this.response = request.response();
    this.wire = wire;
    this.old = old;
  }

  void begins(Exchange exchange) {
    wire.ifPresent(to -> to.begins(exchange));
  }

  void ended(Exchange exchange) {
    wire.ifPresent(to -> to.ended(exchange));
  }

  Forwarding forwarding(TrustedProxies trusted) {
    return wire.isPresent()
        ? wire.get().forwarding()
        : Forwarding.of(request.connection(), trusted);
  }

  /** Why its connection can't stop to be HTTP. */
  Optional<Refusal> cannotSwitch() {
    if (wire.isEmpty()) {
      return Optional.of(RequestHead.NO_UPGRADE);
    }
    return wire.get().isEarly() ? Optional.of(TOO_EARLY) : Optional.empty();
  }

  /** Its channel, if it can stop to be HTTP. */
  Optional<Channel> channel() {
    return wire.flatMap(ClientWire::channel);
  }

  /**
   * It has asked for a WebSocket and gets none: what comes next is a request. What has come already
   * is dropped, so that nobody knows any more where the next one begins.
   */
  void goesOn() {
    if (wire.isPresent() && wire.get().isEarly()) {
      closes();
    } else {
      wire.ifPresent(ClientWire::goesOn);
    }
  }

  /** The connection ends with this answer; the client is told, if it is not too late for that. */
  void closes() {
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

  /** The answer is out: the client is heard for a moment, so that it reads it. */
  void closeIfTold(RequestBody body) {
    if (closing) {
      body.discard();
      request.connection().close();
    }
  }

  /**
   * Answers with a body of unknown length. The head goes out at once, not with the first piece: a
   * stream of events may begin with none.
   */
  void stream(EdgeLoop loop) {
    if (old) {
      closes();
      return;
    }
    response.setChunked(true);
    loop.soon(
        () -> {
          if (!response.closed() && !response.headWritten()) {
            response.writeHead();
          }
        });
  }

  /** Whether a failure says that a body was no body, not that the client left. */
  static boolean isUnreadable(Throwable failure) {
    return failure instanceof DecoderException || failure instanceof IllegalArgumentException;
  }
}
