package io.homecell.router.proxy;

import io.netty.handler.codec.DecoderException;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;

/**
 * The client's side of an exchange: how its connection goes on, and ends. Who was told that it is
 * closed sees it closed, and nothing it sends after that is a request. Belongs to one event loop.
 */
final class ClientSide {
  private static final String CONNECTION = "Connection";
  private static final String CLOSE = "close";

  /** RFC 9113, 7. */
  private static final long NO_ERROR = 0x0;

  private static final long INTERNAL_ERROR = 0x2;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Optional<ClientWire> wire;
  private final boolean old;
  private final boolean multiplexed;
  private boolean closing;

  /**
   * @param old whether it speaks HTTP/1.0
   */
  ClientSide(HttpServerRequest request, Optional<ClientWire> wire, boolean old) {
    this.request = request;
    this.response = request.response();
    this.wire = wire;
    this.old = old;
    this.multiplexed = request.version() == HttpVersion.HTTP_2;
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

  /** The connection ends with this answer; the client is told, if it is not too late for that. */
  void closes() {
    closing = true;
    wire.ifPresent(ClientWire::closing);
    if (!response.headWritten() && !multiplexed) {
      response.putHeader(CONNECTION, CLOSE);
      if (old) {
        // Vert.x keeps its promise of HTTP/1.0 unless it is overruled last.
        response.headersEndHandler(ignored -> response.putHeader(CONNECTION, CLOSE));
      }
    }
  }

  /** The answer is out: the client is heard for a moment, so that it reads it. */
  void closeIfTold(RequestBody body) {
    if (!closing) {
      return;
    }
    body.discard();
    if (!multiplexed) {
      request.connection().close();
    } else if (!body.isEnded()) {
      response.reset(NO_ERROR);
    }
  }

  /** The answer can't be ended well: that is what the client must see, and nobody else. */
  void breakOff() {
    if (multiplexed) {
      response.reset(INTERNAL_ERROR);
    } else {
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
