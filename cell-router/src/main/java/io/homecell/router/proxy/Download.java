package io.homecell.router.proxy;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/**
 * The body of an answer on its way to the client: piece by piece, the upstream paused while the
 * client is slow, so that no more than a socket's worth of it is ever in memory. Its head waits for
 * the first piece: an answer that breaks off before is none, and may be had from another instance.
 *
 * <p>It ends exactly once: delivered, or broken. Belongs to one event loop.
 */
final class Download {
  private final Exchange exchange;
  private final HttpClientResponse from;
  private final HttpServerResponse to;
  private final Attempt by;
  private final long length;

  /** Whether fields may stand behind a body of known length, and its end may come before it. */
  private final boolean trailed;

  private long received;
  private boolean begun;
  private boolean over;

  private Download(
      Exchange exchange, HttpClientResponse from, HttpServerResponse to, Attempt by, long length) {
    this.exchange = exchange;
    this.from = from;
    this.to = to;
    this.by = by;
    this.length = length;
    this.trailed = from.version() == HttpVersion.HTTP_2;
  }

  /**
   * Starts it; the client has nothing of the answer yet.
   *
   * @param exchange told when it begins, and how it ends
   * @param by what has brought the answer
   * @param length that the body must have, -1 if not known
   */
  static Download start(
      Exchange exchange, HttpClientResponse from, HttpServerResponse to, Attempt by, long length) {
    Download download = new Download(exchange, from, to, by, length);
    from.exceptionHandler(ignored -> download.broke());
    from.handler(download::received);
    from.endHandler(ignored -> download.cameToItsEnd());
    return download;
  }

  /** Sends the head alone, if nothing of the body came with it. */
  void sendHead() {
    if (!over && !begun && !to.closed()) {
      begin();
      to.writeHead();
    }
  }

  private void begin() {
    if (!begun) {
      begun = true;
      exchange.answerBegins(from, length);
    }
  }

  /** Stops it: the client is gone. */
  void stop() {
    over = true;
  }

  private void received(Buffer piece) {
    if (over) {
      return;
    }
    received += piece.length();
    if (length >= 0 && received > length) {
      broke();
      return;
    }
    begin();
    if (received == length && !trailed) {
      // The last piece and the end in one write.
      to.end(piece);
      return;
    }
    to.write(piece);
    if (to.writeQueueFull()) {
      from.pause();
      to.drainHandler(ignored -> from.resume());
    }
  }

  private void cameToItsEnd() {
    if (over) {
      return;
    }
    if (trailed && (received < length || !Http2Answer.areSound(from.trailers()))) {
      broke();
      return;
    }
    over = true;
    begin();
    if (!to.ended()) {
      if (!from.trailers().isEmpty()) {
        HeaderRules.copyTrailers(from.trailers(), to.trailers());
      }
      to.end();
    }
    exchange.delivered(from, by);
  }

  private void broke() {
    if (!over) {
      over = true;
      if (begun) {
        exchange.truncated(by);
      } else {
        by.brokeOff();
      }
    }
  }
}
