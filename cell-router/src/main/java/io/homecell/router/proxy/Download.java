package io.homecell.router.proxy;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;

/**
 * The body of an answer on its way to the client: piece by piece, the upstream paused while the
 * client is slow, so that no more than a socket's worth of it is ever in memory.
 *
 * <p>It ends exactly once: delivered, or broken. Belongs to one event loop.
 */
final class Download {
  /** Told how it ended. */
  interface Ended {
    void delivered();

    void broken();
  }

  private final HttpClientResponse from;
  private final HttpServerResponse to;
  private final Ended ended;
  private final long length;
  private long received;
  private boolean over;

  private Download(HttpClientResponse from, HttpServerResponse to, long length, Ended ended) {
    this.from = from;
    this.to = to;
    this.length = length;
    this.ended = ended;
  }

  /**
   * Starts it; the head of the answer is complete.
   *
   * @param length of the body, -1 if not known
   */
  static Download start(HttpClientResponse from, HttpServerResponse to, long length, Ended ended) {
    Download download = new Download(from, to, length, ended);
    from.exceptionHandler(ignored -> download.broke());
    from.handler(download::received);
    from.endHandler(ignored -> download.cameToItsEnd());
    return download;
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
    if (received == length) {
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
    over = true;
    if (!to.ended()) {
      HeaderRules.copyTrailers(from.trailers(), to.trailers());
      to.end();
    }
    ended.delivered();
  }

  private void broke() {
    if (!over) {
      over = true;
      ended.broken();
    }
  }
}
