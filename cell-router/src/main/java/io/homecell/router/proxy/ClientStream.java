package io.homecell.router.proxy;

import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one request of an HTTP/2 connection, until its answer has been taken. Belongs to
 * one event loop.
 */
final class ClientStream {
  private final Http2Stream stream;
  private final Http2RemoteFlowController flow;
  private final Pace bodyPace;
  private final Pace answerPace;
  private @Nullable Exchange exchange;
  private @Nullable HttpServerResponse response;
  private @Nullable MultiMap trailers;
  private long allowedBytes;
  private boolean endsWithAnswer;

  ClientStream(Http2Stream stream, Http2RemoteFlowController flow, Pace bodyPace, Pace answerPace) {
    this.stream = stream;
    this.flow = flow;
    this.bodyPace = bodyPace;
    this.answerPace = answerPace;
    this.allowedBytes = flow.windowSize(stream);
  }

  Http2Stream netty() {
    return stream;
  }

  void begins(Exchange begun, HttpServerResponse with) {
    exchange = begun;
    response = with;
  }

  /** The router is done with it. */
  void ended() {
    exchange = null;
  }

  void came(MultiMap behindBody) {
    trailers = behindBody;
  }

  /** Adds what came behind the body and may go on. */
  void copyTrailers(MultiMap to) {
    if (trailers != null) {
      HeaderRules.copyTrailers(trailers, to);
    }
  }

  /** The client may be sent more. */
  void allow(long bytes) {
    allowedBytes += bytes;
  }

  /** Nothing more is heard of the request, once its answer is out. */
  void endWithAnswer() {
    endsWithAnswer = true;
  }

  /** Whether it is to be ended now. */
  boolean isToEnd() {
    return endsWithAnswer && !stream.state().localSideOpen();
  }

  /** Whether the body came too slowly; then it is refused. */
  boolean refusesSlowBody(long nowNanos) {
    Exchange current = exchange;
    if (current == null
        || !bodyPace.isTooSlow(current.waitsForBody(), current.body().received(), nowNanos)) {
      return false;
    }
    current.bodyTooSlow();
    return true;
  }

  /** Whether the client lets too little of its answer be sent. */
  boolean isTakenTooSlowly(long nowNanos) {
    long sent = allowedBytes - flow.windowSize(stream);
    return answerPace.isTooSlow(waitsForClient(), sent, nowNanos);
  }

  /** Whether something of the answer is kept back, by Netty or by Vert.x before it. */
  private boolean waitsForClient() {
    if (flow.hasFlowControlled(stream)) {
      return true;
    }
    HttpServerResponse answer = response;
    if (answer == null || !stream.state().localSideOpen()) {
      return false;
    }
    return answer.ended() || answer.writeQueueFull();
  }
}
