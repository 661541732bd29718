package io.homecell.router.link;

import io.homecell.router.upstream.Carrier;
import io.homecell.router.websocket.StreamEnd;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.StreamResetException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request on its way to another router: a stream of a connection that others use too. Ending it
 * resets the stream, never the connection. Belongs to one event loop.
 */
final class LinkStream implements Carrier {
  private static final long REFUSED_STREAM = 0x7;
  private static final long CANCEL = 0x8;

  private final LinkConnection connection;
  private final LinkState state;
  private @Nullable OpenStream opened;
  private @Nullable HttpClientRequest request;
  private long sentAtNanos;
  private boolean over;

  LinkStream(LinkConnection connection, LinkState state) {
    this.connection = connection;
    this.state = state;
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
    OpenStream made = opened;
    if (made == null) {
      return false;
    }
    made.connect();
    return true;
  }

  @Override
  public Optional<TunnelEnd> tunnelEnd(HttpClientResponse answer) {
    OpenStream made = opened;
    if (made == null) {
      return Optional.empty();
    }
    Context context = made.context();
    return Optional.of(
        new StreamEnd(
            answer,
            made,
            connection.loop(),
            // Whoever gets its place goes on in Vert.x' order.
            () -> context.runOnContext(ignored -> discard())));
  }

  private HttpClientRequest opened(OpenStream stream) {
    opened = stream;
    HttpClientRequest made = stream.request();
    request = made;
    sentAtNanos = System.nanoTime();
    made.response().onSuccess(this::headCame).onFailure(this::failed);
    return made;
  }

  private void headCame(HttpClientResponse answer) {
    if (!over) {
      state.headCame(System.nanoTime() - sentAtNanos);
    }
  }

  private void failed(Throwable cause) {
    if (over) {
      return;
    }
    if (wasNotProcessed(cause)) {
      state.failed(LinkFailure.NOT_PROCESSED);
    } else {
      state.failed(cause instanceof StreamResetException ? LinkFailure.RESET : LinkFailure.BROKEN);
    }
  }

  @Override
  public void trailers(MultiMap next) {
    HttpClientRequest to = request;
    if (to == null || next.isEmpty()) {
      return;
    }
    if (to.streamId() < 0) {
      to.writeHead();
    }
    TrailerFrame.write(next, to);
  }

  @Override
  public boolean isReused() {
    return false;
  }

  @Override
  public boolean wasNotProcessed(Throwable cause) {
    HttpClientRequest sent = request;
    return sent == null
        || sent.streamId() < 0
        || sent.streamId() > connection.lastProcessed()
        || (cause instanceof StreamResetException reset && reset.getCode() == REFUSED_STREAM);
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
    HttpClientRequest sent = request;
    if (sent != null && connection.isAlive()) {
      sent.reset(CANCEL);
    }
    connection.ended();
  }
}
