package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.router.decide.Refusal;
import io.homecell.router.websocket.Ending;
import io.homecell.router.websocket.Handshake;
import io.homecell.router.websocket.Tunnel;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
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

  /** The other datacenter's router is of a version that does not say that it takes them. */
  static final Refusal NOT_OVER_LINK =
      Refusal.of(
          501,
          "upgrade-not-implemented",
          "Upgrade: this user's home is in another datacenter, whose router does not take"
              + " WebSockets from this one (expected: SETTINGS_ENABLE_CONNECT_PROTOCOL=1)");

  private static final int SUCCESS_MIN = 200;
  private static final int SUCCESS_MAX = 299;

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
   * @return false if there is none: the client was told so
   */
  boolean enter(String cell) {
    leave();
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

  /** Makes of the head of a request one that asks for it. */
  void writeTo(HttpClientRequest next) {
    if (next.version() == HttpVersion.HTTP_2) {
      Handshake.writeConnect(next.headers());
    } else {
      handshake.writeUpgrade(next.headers());
    }
  }

  /** Whether this answer makes a WebSocket of it. */
  boolean isGrantedBy(HttpClientResponse answer) {
    return answer.version() == HttpVersion.HTTP_2
        ? StreamTunnel.isGrant(answer.statusCode(), answer.headers())
        : answer.statusCode() == SWITCHING && handshake.isGrantedBy(answer.headers());
  }

  /**
   * Why an answer that grants nothing can't be passed on: a client of HTTP/2 would take it for a
   * WebSocket, and its body for frames.
   */
  Optional<Refusal> misleads(int status) {
    return client.takesSuccessForGrant() && status >= SUCCESS_MIN && status <= SUCCESS_MAX
        ? Optional.of(
            Refusal.of(
                502,
                "websocket-declined",
                "the cell has answered the handshake with "
                    + status
                    + " (expected: 101, or no success)"))
        : Optional.empty();
  }

  /** The cell has answered as to any request. */
  void declined() {
    leave();
    client.goesOn();
  }

  /** The cell has agreed: the head of the answer, which is complete but for this, goes out. */
  void granted(HttpServerResponse response, String cell, TunnelEnd connection) {
    Tunnel opening =
        new Tunnel(
            client.tunnelEnd().orElseThrow(),
            connection,
            loop.webSockets().settings(),
            loop.webSockets().metrics().of(cell),
            this);
    tunnel = opening;
    loop.webSockets().opened(this);
    client.grant(handshake);
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
