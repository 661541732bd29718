package io.homecell.router.upstream;

import io.homecell.router.websocket.StreamEnd;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.http.impl.HttpClientStream;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to a cell's instance or another router: a stream of a connection that
 * others use too. Ending it resets the stream, never the connection. Belongs to one event loop.
 */
public final class StreamCarrier implements Carrier {
  /** How a stream came to nothing. */
  public enum Failure {
    /** The connection ended under it. */
    BROKEN("broken"),
    /** The other side has reset it. */
    RESET("reset"),
    /** The other side has not looked at it: it stops, or has too many. */
    NOT_PROCESSED("not-processed");

    private final String word;

    Failure(String word) {
      this.word = word;
    }

    public String word() {
      return word;
    }
  }

  /** Told of streams. */
  public interface Watch {
    /**
     * The head of an answer came.
     *
     * @param nanos since the request was sent
     */
    default void headCame(long nanos) {}

    void failed(Failure how);
  }

  /** Ends a request with the fields behind its body, of which there are some. */
  @FunctionalInterface
  public interface Trailing {
    void end(HttpClientRequest request, HttpClientStream on, MultiMap trailers);
  }

  private static final long REFUSED_STREAM = 0x7;
  private static final long CANCEL = 0x8;

  private final StreamConnection connection;
  private final Watch watch;
  private final boolean reused;
  private @Nullable OpenStream opened;
  private long sentAtNanos;
  private boolean over;

  /**
   * @param reused whether the other side may be closing the connection now, since nothing is on it
   */
  StreamCarrier(StreamConnection connection, Watch watch, boolean reused) {
    this.connection = connection;
    this.watch = watch;
    this.reused = reused;
  }

  @Override
  public Future<HttpClientRequest> request(RequestOptions options) {
    return connection.open(options).map(this::opened);
  }

  @Override
  public boolean takesWebSockets() {
    return connection.takesWebSockets();
  }

  @Override
  public boolean sendsHandshake() {
    OpenStream of = opened;
    if (of == null) {
      return false;
    }
    of.connect();
    return true;
  }

  @Override
  public Optional<TunnelEnd> tunnelEnd(HttpClientResponse answer) {
    OpenStream of = opened;
    if (of == null) {
      return Optional.empty();
    }
    Context context = of.context();
    return Optional.of(
        new StreamEnd(
            answer,
            of,
            connection.loop(),
            // Whoever gets its place goes on in Vert.x' order.
            () -> context.runOnContext(ignored -> discard())));
  }

  private HttpClientRequest opened(OpenStream made) {
    opened = made;
    sentAtNanos = System.nanoTime();
    made.request().response().onSuccess(this::headCame).onFailure(this::failed);
    return made.request();
  }

  private void headCame(HttpClientResponse answer) {
    if (!over) {
      watch.headCame(System.nanoTime() - sentAtNanos);
    }
  }

  private void failed(Throwable cause) {
    if (over) {
      return;
    }
    if (wasNotProcessed(cause)) {
      watch.failed(Failure.NOT_PROCESSED);
    } else {
      watch.failed(cause instanceof StreamResetException ? Failure.RESET : Failure.BROKEN);
    }
  }

  @Override
  public void end(HttpClientRequest request, MultiMap trailers) {
    OpenStream of = opened;
    if (of == null || trailers.isEmpty()) {
      request.end();
      return;
    }
    if (request.streamId() < 0) {
      request.writeHead();
    }
    connection.endWith(trailers, of);
  }

  @Override
  public boolean isReused() {
    return reused;
  }

  @Override
  public boolean wasNotProcessed(Throwable cause) {
    HttpClientRequest sent = request();
    return sent == null
        || sent.streamId() < 0
        || sent.streamId() > connection.lastProcessed()
        || (cause instanceof StreamResetException reset && reset.getCode() == REFUSED_STREAM);
  }

  private @Nullable HttpClientRequest request() {
    OpenStream of = opened;
    return of == null ? null : of.request();
  }

  @Override
  public void release() {
    if (!over) {
      over = true;
      connection.ended();
    }
  }

  @Override
  public void discard() {
    if (over) {
      return;
    }
    over = true;
    HttpClientRequest sent = request();
    if (sent != null && connection.isAlive()) {
      sent.reset(CANCEL);
    }
    connection.ended();
  }
}
