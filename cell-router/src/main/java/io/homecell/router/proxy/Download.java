package io.homecell.router.proxy;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/**
 * The body of an answer on its way to the client: piece by piece, the upstream paused while the
 * client is slow, so that no more than a socket's worth of it is ever in memory.
 *
 * <p>It ends exactly once: delivered, or broken. Belongs to one event loop.
 */
final class Download {
  private final HttpClientResponse from;
  private final HttpServerResponse to;
  private final Runnable delivered;
  private final Runnable broken;
  private final long length;

  /** Whether fields may stand behind a body of known length, and its end may come before it. */
  private final boolean trailed;

  private long received;
  private boolean over;

  private Download(
      HttpClientResponse from,
      HttpServerResponse to,
      long length,
      Runnable delivered,
      Runnable broken) {
    this.from = from;
    this.to = to;
    this.length = length;
    this.trailed = from.version() == HttpVersion.HTTP_2;
    this.delivered = delivered;
    this.broken = broken;
  }

  /**
   * Starts it; the head of the answer is complete.
   *
   * @param length that the body must have, -1 if not known
   * @param delivered told when all of it is on its way
   * @param broken told when it broke off
   */
  static Download start(
      HttpClientResponse from,
      HttpServerResponse to,
      long length,
      Runnable delivered,
      Runnable broken) {
    Download download = new Download(from, to, length, delivered, broken);
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
    if (length >= 0 && received > length) {
      broke();
      return;
    }
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
    if (!to.ended()) {
      if (!from.trailers().isEmpty()) {
        HeaderRules.copyTrailers(from.trailers(), to.trailers());
      }
      to.end();
    }
    delivered.run();
  }

  private void broke() {
    if (!over) {
      over = true;
      broken.run();
    }
  }
}
