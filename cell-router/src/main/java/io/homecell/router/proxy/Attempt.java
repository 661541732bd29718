package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.router.decide.Told;
import io.homecell.router.overload.CellGate;
import io.homecell.router.retry.Outcome;
import io.homecell.router.upstream.Carrier;
import io.homecell.router.upstream.ConnectionPool;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.AsyncResult;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpVersion;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One sending of a request to one upstream.
 *
 * <p>It ends exactly once: with an answer for the client, with an outcome for the retry policy, or
 * abandoned; whatever arrives later is ignored, and its connection is given back only after a whole
 * exchange, else closed. Belongs to one event loop.
 */
final class Attempt implements ConnectionPool.Client {
  private static final int MISDIRECTED = 421;
  private static final int UNAVAILABLE = 503;

  private final EdgeLoop loop;
  private final Exchange exchange;
  private final Upstream upstream;
  private final CellGate.Visit visit;
  private final AwaitedHeads.Link awaited = new AwaitedHeads.Link(this);
  private @Nullable Carrier connection;
  private boolean over;
  private long sentAtNanos;

  Attempt(EdgeLoop loop, Exchange exchange, Upstream upstream, CellGate.Visit visit) {
    this.loop = loop;
    this.exchange = exchange;
    this.upstream = upstream;
    this.visit = visit;
  }

  void start() {
    exchange.near().sending(this::timedOut);
    if (exchange.upgrade().isPresent()) {
      loop.acquireForWebSocket(upstream, this);
    } else {
      loop.acquire(upstream, this);
    }
  }

  @Override
  public boolean isGone() {
    return over;
  }

  @Override
  public void notConnected(Throwable cause) {
    if (!over) {
      if (!(cause instanceof ConnectionPool.ExhaustedException)) {
        loop.balancer().failed(upstream, System.nanoTime());
      }
      fail(Outcome.NOT_CONNECTED, Optional.empty());
    }
  }

  @Override
  public void connected(Carrier acquired) {
    if (loop.balancer().anyRests()) {
      loop.balancer().succeeded(upstream, System.nanoTime());
    }
    connection = acquired;
    if (exchange.isUnsafe() && acquired.isReused()) {
      // What the upstream has said meanwhile is heard first: it may have closed the connection.
      loop.soon(() -> request(acquired));
    } else {
      request(acquired);
    }
  }

  private void request(Carrier acquired) {
    if (over) {
      return;
    }
    if (exchange.upgrade().isPresent() && !acquired.takesWebSockets()) {
      exchange.answer(Upgrade.NOT_OVER_LINK);
      return;
    }
    acquired.request(exchange.target()).onComplete(result -> opened(result, acquired));
  }

  private void opened(AsyncResult<HttpClientRequest> result, Carrier acquired) {
    if (result.failed()) {
      // The connection was closed while it was idle: not a byte was sent.
      acquired.discard();
      if (!over) {
        fail(Outcome.NOT_CONNECTED, Optional.empty());
      }
      return;
    }
    if (over) {
      acquired.discard();
      return;
    }
    HttpClientRequest request = result.result();
    sentAtNanos = System.nanoTime();
    request.exceptionHandler(this::broken);
    exchange.writeHeadTo(request);
    request
        .response()
        .onComplete(
            answer -> {
              if (answer.succeeded()) {
                head(answer.result());
              } else {
                broken(answer.cause());
              }
            });
    loop.awaitedHeads().add(awaited);
    if (exchange.upgrade().isPresent() && acquired.sendsHandshake()) {
      exchange.body().sentAsHandshake();
    } else {
      exchange.body().sendTo(request, acquired);
    }
  }

  private void head(HttpClientResponse answer) {
    if (over) {
      return;
    }
    int status = answer.statusCode();
    long now = System.nanoTime();
    Optional<TunnelEnd> opened = opened(answer);
    if (opened.isPresent()) {
      over = true;
      visit.headCame(now);
      visit.delivered();
      loop.balancer().answered(upstream, false, now - sentAtNanos, now);
      loop.awaitedHeads().remove(awaited);
      exchange.granted(answer, opened.get());
    } else if (!isSound(answer)) {
      fail(Outcome.BROKEN, Optional.empty());
    } else if (exchange.near().isTurnedAway(status, answer.headers())) {
      visit.refused();
      loop.balancer().answered(upstream, status >= 500, now - sentAtNanos, now);
      drop(answer);
      abandon();
      exchange.askOwner(Caller.told(answer.headers()));
    } else if (status == MISDIRECTED) {
      visit.refused();
      loop.balancer().answered(upstream, false, now - sentAtNanos, now);
      drop(answer);
      fail(Outcome.MISDIRECTED, Caller.told(answer.headers()));
    } else if (status == UNAVAILABLE
        && "true".equalsIgnoreCase(answer.getHeader(CellHeaders.NOT_EXECUTED))) {
      visit.refused();
      drop(answer);
      boolean overloaded = "true".equalsIgnoreCase(answer.getHeader(CellHeaders.OVERLOADED));
      // One that refuses because it is full is well.
      loop.balancer().answered(upstream, !overloaded, now - sentAtNanos, now);
      fail(overloaded ? Outcome.OVERLOADED : Outcome.NOT_EXECUTED, Optional.empty());
    } else if (exchange.upgrade().flatMap(asked -> asked.misleads(status)).isPresent()) {
      loop.balancer().answered(upstream, false, now - sentAtNanos, now);
      answer.exceptionHandler(ignored -> {});
      exchange.answer(exchange.upgrade().get().misleads(status).orElseThrow());
    } else {
      over = true;
      visit.headCame(now);
      loop.balancer().answered(upstream, status >= 500, now - sentAtNanos, now);
      loop.awaitedHeads().remove(awaited);
      exchange.answered(answer, this);
    }
  }

  /** The cell's end of the tunnel that an answer makes of the exchange, if it does. */
  private Optional<TunnelEnd> opened(HttpClientResponse answer) {
    Carrier used = connection;
    return used != null && exchange.upgrade().filter(asked -> asked.isGrantedBy(answer)).isPresent()
        ? used.tunnelEnd(answer)
        : Optional.empty();
  }

  private static boolean isSound(HttpClientResponse answer) {
    return HeaderRules.isSound(answer.statusCode(), answer.headers())
        && (answer.version() != HttpVersion.HTTP_2 || Http2Answer.isSound(answer.headers()));
  }

  /** Reads an answer that nobody will see to its end, so that its connection can serve again. */
  private void drop(HttpClientResponse answer) {
    boolean sentWhole = exchange.body().isSentWhole();
    Carrier used = connection;
    connection = null;
    if (used == null) {
      return;
    }
    answer.exceptionHandler(ignored -> used.discard());
    answer.handler(ignored -> {});
    answer.endHandler(
        ignored -> {
          if (sentWhole && !closes(answer)) {
            used.release();
          } else {
            used.discard();
          }
        });
  }

  private static boolean closes(HttpClientResponse answer) {
    return HeaderRules.closes(answer.headers());
  }

  private void broken(Throwable cause) {
    if (over) {
      return;
    }
    if (connection != null && connection.wasNotProcessed(cause)) {
      fail(Outcome.NOT_EXECUTED, Optional.empty());
    } else if (exchange.body().isSentAtAll()) {
      failed();
      fail(Outcome.BROKEN, Optional.empty());
    } else {
      // The upstream closed it before the client sent the first piece of the body.
      fail(Outcome.NOT_CONNECTED, Optional.empty());
    }
  }

  /** No head came in time, or not even a connection. */
  void timedOut() {
    if (!over) {
      failed();
      fail(Outcome.TIMED_OUT, Optional.empty());
    }
  }

  private void failed() {
    if (sentAtNanos == 0) {
      return;
    }
    long now = System.nanoTime();
    loop.balancer().answered(upstream, true, now - sentAtNanos, now);
  }

  boolean isLate(long timeoutNanos, long nowNanos) {
    return nowNanos - sentAtNanos > timeoutNanos;
  }

  /** The answer broke off before the client was sent anything of it. */
  void brokeOff() {
    failed();
    fail(Outcome.BROKEN, Optional.empty());
  }

  /** The answer broke off in the middle. */
  void truncated() {
    failed();
    abandon();
    loop.metrics().upstreamError(upstream.cell(), Outcome.BROKEN);
  }

  private void fail(Outcome outcome, Optional<Told> told) {
    abandon();
    loop.metrics().upstreamError(upstream.cell(), outcome);
    exchange.attemptFailed(outcome, Optional.of(upstream), told);
  }

  /** The whole answer was delivered. */
  void complete(HttpClientResponse answer) {
    visit.delivered();
    Carrier used = connection;
    connection = null;
    if (used != null) {
      if (exchange.body().isSentWhole() && !closes(answer)) {
        used.release();
      } else {
        used.discard();
      }
    }
  }

  /** Ends it: a connection that carries it is closed, which stops the upstream too. */
  void abandon() {
    over = true;
    if (!visit.isOver()) {
      visit.ended(System.nanoTime());
    }
    loop.awaitedHeads().remove(awaited);
    Carrier used = connection;
    connection = null;
    if (used != null) {
      used.discard();
    }
  }
}
