package io.homecell.router.proxy;

import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.http1.Http1ServerRequest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request that remembers its trailers, which Vert.x drops. Belongs to one event loop. */
final class TrailedRequest extends DefaultHttpRequest {
  private @Nullable HttpHeaders trailers;

  TrailedRequest(HttpRequest plain) {
    super(plain.protocolVersion(), plain.method(), plain.uri(), plain.headers());
  }

  void came(HttpHeaders with) {
    trailers = with;
  }

  /** What of a request's trailers may go on; empty before its end. */
  static MultiMap of(HttpServerRequest request) {
    Optional<Http2Wire> wire = Http2Wire.of(request.connection());
    if (wire.isPresent()) {
      return wire.get().trailers(request.streamId());
    }
    MultiMap passing = MultiMap.caseInsensitiveMultiMap();
    if (request instanceof Http1ServerRequest http1
        && http1.nettyRequest() instanceof TrailedRequest trailed
        && trailed.trailers != null) {
      HeaderRules.copyTrailers(trailed.trailers, passing);
    }
    return passing;
  }
}
