package io.homecell.router.upstream;

import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import java.util.Optional;

/**
 * What carries one request to an upstream: a connection of HTTP/1.1, or a stream of HTTP/2. It
 * belongs to that request alone until it is released or discarded, so ending it can hurt no other.
 * Belongs to one event loop.
 */
public interface Carrier {
  /** Opens the request; not a byte is sent by that. */
  Future<HttpClientRequest> request(RequestOptions options);

  /** Whether a request for a WebSocket may be sent on it. */
  default boolean takesWebSockets() {
    return true;
  }

  /**
   * Sends the head of the request that it has opened as one for a WebSocket, if this protocol has
   * such a thing.
   *
   * @return false if it has none: then it is sent as any request
   */
  default boolean sendsHandshake() {
    return false;
  }

  /**
   * Its end of a tunnel, if it can be one: it belongs to that then, and is not given back.
   *
   * @param answer that grants the WebSocket
   */
  default Optional<TunnelEnd> tunnelEnd(HttpClientResponse answer) {
    return Optional.empty();
  }

  /** Ends the request: its body is whole, and these fields stand behind it. */
  void end(HttpClientRequest request, MultiMap trailers);

  /** Whether it has carried a request before, so that the upstream may be closing it now. */
  boolean isReused();

  /**
   * Whether the upstream has said, or it is plain, that the request was not looked at: then it had
   * no effect, though some of it was sent.
   *
   * @param cause why there is no answer
   */
  boolean wasNotProcessed(Throwable cause);

  /** Gives it back after a whole answer to a whole request. */
  void release();

  /** Ends it: what it carried is over, for the upstream too. */
  void discard();
}
