package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.router.decide.Refusal;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.upstream.UpstreamConnection;
import io.homecell.router.websocket.Ending;
import io.homecell.router.websocket.Handshake;
import io.homecell.router.websocket.Tunnel;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a client's wish for a WebSocket adds to its request: a place in the room for those of its
 * cell, and once the cell has agreed, the tunnel. Gives both back exactly once. Belongs to one
 * event loop.
 */
final class Upgrade implements Tunnel.Owner {
  static final int SWITCHING = 101;

  /** RFC 8441 would be the way; Vert.x' client does not speak it. */
  private static final Refusal NOT_OVER_LINKS =
      Refusal.of(
          501,
          "upgrade-not-implemented",
          "Upgrade: a WebSocket does not pass the HTTP/2 between datacenters, and this user's home"
              + " is in another one");

  private final EdgeLoop loop;
  private final Exchange exchange;
  private final ClientSide client;
  private final Handshake handshake;
  private @Nullable String place;
  private @Nullable Tunnel tunnel;
  private Ending ending = Ending.CLIENT;

  private Upgrade(EdgeLoop loop, Exchange exchange, ClientSide client, Handshake handshake) {
    this.loop = loop;
    this.exchange = exchange;
    this.client = client;
    this.handshake = handshake;
  }

  /** What a request asks for, if it asks for a WebSocket. */
  static Optional<Upgrade> of(
      EdgeLoop loop, Exchange exchange, ClientSide client, RequestHead head) {
    return head.handshake().isPresent()
        ? Optional.of(new Upgrade(loop, exchange, client, head.handshake().get()))
        : Optional.empty();
  }

  /** Begins, once it is seen whether anything came together with the head. */
  void begin() {
    loop.soon(
        () -> {
          Optional<Refusal> wrong = client.cannotSwitch();
          if (wrong.isPresent()) {
            client.closes();
            exchange.answer(wrong.get());
          } else {
            exchange.proceed();
          }
        });
  }

  /**
   * Takes a place at the cell that it is sent to; the one at another cell is given back.
   *
   * @return false if there is none, or no way to it: the client was told so
   */
  boolean enter(String cell, Upstream upstream) {
    leave();
    if (loop.isLinked(upstream)) {
      exchange.answer(NOT_OVER_LINKS);
      return false;
    }
    if (loop.webSockets().tryEnter(cell)) {
      place = cell;
      return true;
    }
    exchange.answer(
        Refusal.unavailable(
            "websockets-full", "cell " + cell + " has as many WebSockets as it may"));
    return false;
  }

  private void leave() {
    String left = place;
    place = null;
    if (left != null) {
      loop.webSockets().leave(left);
    }
  }

  /** Whether this answer of status 101 makes a WebSocket of it. */
  boolean isGrantedBy(HttpClientResponse answer) {
    return handshake.isGrantedBy(answer.headers());
  }

  /** The cell has answered as to any request. */
  void declined() {
    leave();
    client.goesOn();
  }

  /** The cell has agreed: the head of the answer, which is complete but for this, goes out. */
  void granted(HttpServerResponse response, String cell, UpstreamConnection connection) {
    Tunnel opening =
        new Tunnel(
            client.channel().orElseThrow(),
            connection.channel().orElseThrow(),
            loop.webSockets().settings(),
            loop.webSockets().metrics().of(cell),
            this);
    tunnel = opening;
    loop.webSockets().opened(this);
    // Vert.x would frame a body, which a 101 has none of.
    response.headersEndHandler(ignored -> Handshake.writeUpgrade(response.headers()));
    response
        .writeHead()
        .onSuccess(ignored -> open(opening))
        .onFailure(ignored -> opening.end(Ending.CLIENT));
  }

  /** Its client has sent more before the cell has agreed, which none may (RFC 6455, 4.1). */
  void cameEarly() {
    if (tunnel == null) {
      client.closes();
      exchange.answer(ClientSide.TOO_EARLY);
    }
  }

  /** What has come between its handshake and this may be a reason to end it at once. */
  private void open(Tunnel opening) {
    Optional<Ending> ending = loop.webSockets().whyNot(this);
    if (ending.isPresent()) {
      opening.halt();
    }
    opening.open();
    ending.ifPresent(opening::close);
  }

  boolean isOpen() {
    return tunnel != null;
  }

  boolean staysBy(RouteTable table, Duration age) {
    return exchange.staysBy(table, age);
  }

  void halt() {
    if (tunnel != null) {
      tunnel.halt();
    }
  }

  void close(Ending why) {
    if (tunnel != null) {
      tunnel.close(why);
    }
  }

  void check(long nowNanos) {
    if (tunnel != null) {
      tunnel.check(nowNanos);
    }
  }

  @Override
  public void ended(Ending why) {
    ending = why;
    // What the client sends from now on is dropped, and it has time to read the last.
    client.closes();
    exchange.clientGone();
  }

  /** The exchange is over. */
  void over() {
    leave();
    loop.webSockets().ended(this);
    if (tunnel != null) {
      tunnel.end(Ending.CLIENT);
    } else {
      client.goesOn();
    }
  }

  /** How the exchange is told of in the log. */
  String outcome() {
    return "websocket-" + ending.word();
  }

  long bytesIn() {
    return tunnel == null ? 0 : tunnel.bytesIn();
  }

  long bytesOut() {
    return tunnel == null ? 0 : tunnel.bytesOut();
  }
}
