package io.homecell.router.proxy;

import io.homecell.router.upstream.Carrier;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpServerRequest;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The body of a client's request on its way to one upstream after another.
 *
 * <p>It flows only while an upstream takes it: without one the client is paused. The first bytes
 * are kept until {@link #forget}, so that a request that had no effect can be sent again; a body
 * that outgrows what may be kept can't be. Counts what came and calls back once it is too much.
 * Belongs to one event loop.
 */
final class RequestBody {
  private static final int HEAD_BYTES = 4 << 10;
  private static final int PAUSED_BYTES = 128 << 10;
  private final HttpServerRequest request;
  private final BodyFraming framing;
  private final boolean expectsContinue;
  private final long bytesMax;
  private final int keepMax;
  private final Runnable tooLarge;
  private final Supplier<MultiMap> trailers;

  private @Nullable HttpClientRequest upstream;
  private @Nullable Carrier connection;
  private @Nullable Buffer kept;
  private boolean keeping = true;
  private boolean outgrown;
  private boolean discarding;
  private boolean ended;
  private boolean started;
  private boolean flowing;
  private boolean sentWhole;
  private boolean sentAny;
  private long received;

  RequestBody(
      HttpServerRequest request,
      RequestHead head,
      long bytesMax,
      int keepMax,
      Supplier<MultiMap> trailers,
      Runnable tooLarge) {
    this.request = request;
    this.framing = head.framing();
    this.expectsContinue = head.expectsContinue();
    this.bytesMax = bytesMax;
    this.keepMax = keepMax;
    this.trailers = trailers;
    this.tooLarge = tooLarge;
    this.ended = framing.isEmpty();
    if (!ended) {
      request.pause();
      request.handler(this::received);
      request.endHandler(ignored -> cameToItsEnd());
    }
  }

  /** Whether all of it came. */
  boolean isEnded() {
    return ended || received == framing.length();
  }

  /** Whether more of it is awaited from the client now. */
  boolean isFlowing() {
    return flowing && !isEnded();
  }

  /** Whether an upstream was given all of it. */
  boolean isSentWhole() {
    return sentWhole;
  }

  /** Whether an upstream was sent a byte of it, or of the head, which goes out with the first. */
  boolean isSentAtAll() {
    return sentAny;
  }

  /** Whether it can be sent from its first byte. */
  boolean canBeSent() {
    return !outgrown;
  }

  /** What a paused request may keep in memory: its head, and what was read of its body. */
  long bytesWhilePaused() {
    return HEAD_BYTES
        + (framing.isChunked() ? PAUSED_BYTES : Math.min(framing.length(), PAUSED_BYTES));
  }

  /** Sends it, from its first byte. The request's head goes out with the first piece. */
  void sendTo(HttpClientRequest next, Carrier by) {
    upstream = next;
    connection = by;
    sentWhole = false;
    Buffer again = kept;
    sentAny = ended || again != null;
    if (framing.isEmpty()) {
      sentWhole = true;
      next.end();
      return;
    }
    if (framing.isChunked()) {
      next.setChunked(true);
    }
    if (ended) {
      if (again != null) {
        next.write(again);
      }
      end(next, by);
      return;
    }
    if (again != null) {
      next.write(again);
    } else if (!started && expectsContinue) {
      request.response().writeContinue();
    }
    started = true;
    resume();
  }

  /** Its head has gone out as a handshake: no body is behind it, and no end either. */
  void sentAsHandshake() {
    sentAny = true;
    sentWhole = false;
  }

  /** Stops: the upstream is gone, the client waits. */
  void detach() {
    upstream = null;
    if (!ended && !discarding) {
      pause();
    }
  }

  /** Drops the copy: it will not be sent again. */
  void forget() {
    keeping = false;
    kept = null;
  }

  /** Lets the rest flow to nowhere: the answer is decided. */
  void discard() {
    upstream = null;
    forget();
    if (!ended && !discarding) {
      discarding = true;
      resume();
    }
  }

  private void pause() {
    flowing = false;
    request.pause();
  }

  private void resume() {
    flowing = true;
    request.resume();
  }

  private void received(Buffer piece) {
    received += piece.length();
    if (received > bytesMax) {
      if (!discarding) {
        tooLarge.run();
      }
      return;
    }
    keep(piece);
    HttpClientRequest to = upstream;
    if (to == null) {
      return;
    }
    sentAny = true;
    if (received == framing.length()) {
      sentWhole = true;
      to.end(piece);
      return;
    }
    to.write(piece);
    if (to.writeQueueFull()) {
      pause();
      to.drainHandler(
          ignored -> {
            if (upstream == to) {
              resume();
            }
          });
    }
  }

  private void keep(Buffer piece) {
    if (!keeping) {
      outgrown = true;
    } else if (kept == null && piece.length() <= keepMax) {
      kept = piece;
    } else if (kept != null && kept.length() + piece.length() <= keepMax) {
      kept = Buffer.buffer(kept.length() + piece.length()).appendBuffer(kept).appendBuffer(piece);
    } else {
      keeping = false;
      outgrown = true;
      kept = null;
    }
  }

  private void cameToItsEnd() {
    ended = true;
    HttpClientRequest to = upstream;
    Carrier by = connection;
    if (to != null && by != null && !sentWhole) {
      sentAny = true;
      end(to, by);
    }
  }

  private void end(HttpClientRequest to, Carrier by) {
    sentWhole = true;
    if (framing.isChunked()) {
      by.end(to, trailers.get());
    } else {
      to.end();
    }
  }

  long received() {
    return received;
  }
}
