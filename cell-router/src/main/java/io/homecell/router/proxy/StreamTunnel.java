package io.homecell.router.proxy;

import io.homecell.router.websocket.StreamEnd;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;

/** A WebSocket on a stream that somebody has opened to this router. */
final class StreamTunnel {
  /** The status that grants one (RFC 8441, 5). */
  static final int GRANTED = 200;

  private static final String OPEN = "open";

  /** RFC 9113, 7. */
  private static final long NO_ERROR = 0x0;

  private StreamTunnel() {}

  static TunnelEnd to(HttpServerRequest request) {
    HttpServerResponse response = request.response();
    return new StreamEnd(
        request,
        response,
        ((ConnectionBase) request.connection()).channel().eventLoop(),
        () -> cut(response));
  }

  /** What was sent is whole: the reset only says that nothing more is heard (RFC 9113, 8.1). */
  private static void cut(HttpServerResponse response) {
    if (!response.closed()) {
      response.reset(NO_ERROR);
    }
  }

  static void markGrant(MultiMap answer) {
    answer.set(HeaderRules.WEB_SOCKET, OPEN);
  }

  /** Whether another router's answer grants a WebSocket. */
  static boolean isGrant(int status, MultiMap answer) {
    return status == GRANTED && OPEN.equals(answer.get(HeaderRules.WEB_SOCKET));
  }
}
