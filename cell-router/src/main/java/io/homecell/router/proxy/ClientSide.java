package io.homecell.router.proxy;

import io.homecell.router.decide.Refusal;
import io.homecell.router.websocket.Handshake;
import io.homecell.router.websocket.TunnelEnd;
import io.netty.handler.codec.DecoderException;
import io.vertx.core.MultiMap;
import java.util.Optional;

/**
 * The client's side of an exchange, by the protocol that it speaks: how it is read, and how it ends
 * where an exchange can't go on as announced. Belongs to one event loop.
 */
sealed interface ClientSide permits Http1Side, Http2Side, PeerStream {
  Refusal TOO_EARLY =
      Refusal.of(400, "early-bytes", "bytes behind a handshake (expected: none before its answer)");

  /**
   * Reads the head of its request.
   *
   * @param pseudonym this router's name in {@code Via}
   */
  RequestHead readHead(String pseudonym);

  /** What of its trailers may go on; empty before its end. */
  MultiMap trailers();

  /** Its request is an exchange from now on. */
  void begins(Exchange exchange);

  /** The exchange is over for the router, though the client may still have to take its answer. */
  void ended(Exchange exchange);

  /** Why its connection can't stop to be HTTP. */
  default Optional<Refusal> cannotSwitch() {
    return Optional.of(RequestHead.NO_UPGRADE);
  }

  /** Its end of a tunnel, if it can stop to be HTTP. */
  default Optional<TunnelEnd> tunnelEnd() {
    return Optional.empty();
  }

  /** Makes of the head of an answer the grant of its handshake. */
  default void grant(Handshake handshake) {
    throw new IllegalStateException("no WebSocket was asked for");
  }

  /** Whether it takes each success for a grant, as RFC 8441 says it. */
  default boolean takesSuccessForGrant() {
    return false;
  }

  /**
   * It has asked for a WebSocket and gets none: what comes next is a request. What has come already
   * is dropped, so that nobody knows any more where the next one begins.
   */
  default void goesOn() {}

  /** What is told to others of where it came from. */
  Forwarding forwarding(TrustedProxies trusted);

  /**
   * Nothing more is read from it behind this answer: not the rest of the body, nor, where one ends
   * with the other, another request. The client is told, if it is not too late for that.
   */
  void closes();

  /** The answer is out: the client is heard for a moment, so that it reads it. */
  void closeIfTold(RequestBody body);

  /** Frames an answer with a body of unknown length, before its head goes out. */
  default void stream() {}

  /** Whether the head of such an answer may go out before a piece of its body is there. */
  default boolean takesHeadAlone() {
    return true;
  }

  /** Ends in the middle of an answer, so that nobody takes the part for the whole. */
  void breakOff();

  /** Whether a failure says that a body was no body, not that the client left. */
  static boolean isUnreadable(Throwable failure) {
    return failure instanceof DecoderException || failure instanceof IllegalArgumentException;
  }
}
