package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.core.http.Problem;
import io.homecell.core.json.Json;
import io.homecell.router.decide.Refusal;
import io.homecell.router.decide.Told;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/** Writes what the router itself answers. */
final class Problems {
  static final int MISDIRECTED = 421;
  private static final String METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

  private Problems() {}

  /**
   * Writes an error.
   *
   * @param toRouter whether another router gets it: it may be told that nothing was executed
   */
  static Future<Void> write(HttpServerResponse response, Refusal refusal, boolean toRouter) {
    response.setStatusCode(refusal.status());
    refusal
        .retryAfterSeconds()
        .ifPresent(
            seconds -> {
              response.putHeader("Retry-After", Integer.toString(seconds));
              if (toRouter) {
                response.putHeader(CellHeaders.NOT_EXECUTED, "true");
                if (refusal.isOverload()) {
                  response.putHeader(CellHeaders.OVERLOADED, "true");
                }
              }
            });
    refusal.allow().ifPresent(methods -> response.putHeader("Allow", methods));
    if (refusal.status() == 401) {
      response.putHeader("WWW-Authenticate", "Bearer error=\"invalid_token\"");
    }
    return end(response, refusal.problem());
  }

  /** Answers {@code OPTIONS *}. */
  static Future<Void> options(HttpServerResponse response) {
    response.setStatusCode(204);
    response.putHeader("Allow", METHODS);
    return response.end();
  }

  /** Tells another router that it should know better. */
  static Future<Void> misdirected(HttpServerResponse response, Told told) {
    response.setStatusCode(MISDIRECTED);
    response.putHeader(CellHeaders.SLOT, Integer.toString(told.slot()));
    response.putHeader(CellHeaders.EPOCH, Long.toString(told.epoch()));
    return end(
        response,
        Problem.of(
            MISDIRECTED,
            "not-home",
            "slot " + told.slot() + " is not owned here since epoch " + told.epoch()));
  }

  /** Answers what is not HTTP as this server reads it. */
  static Future<Void> unreadable(HttpServerRequest request) {
    int status = statusFor(request.decoderResult().cause());
    HttpServerResponse response = request.response();
    response.setStatusCode(status);
    response.putHeader("Connection", "close");
    return end(
        response, Problem.of(status, "unreadable-request", "the request's head can't be read"));
  }

  private static int statusFor(@Nullable Throwable cause) {
    if (cause instanceof TooLongHttpLineException) {
      return 414;
    }
    if (cause instanceof TooLongHttpHeaderException) {
      return 431;
    }
    return cause instanceof StrictRequestDecoder.UnknownVersionException ? 505 : 400;
  }

  private static Future<Void> end(HttpServerResponse response, Problem problem) {
    response.putHeader("Content-Type", Problem.MEDIA_TYPE);
    return response.end(Json.write(problem));
  }
}
