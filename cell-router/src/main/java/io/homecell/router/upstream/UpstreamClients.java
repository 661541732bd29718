package io.homecell.router.upstream;

import io.vertx.core.Future;
import io.vertx.core.http.HttpClientAgent;

/**
 * What makes connections to upstreams, one for all event loops; it has none of its own. Safe for
 * any number of threads.
 */
public record UpstreamClients(HttpClientAgent http1, StreamConnecting streams) {
  public Future<Void> close() {
    return Future.join(http1.close(), streams.close()).mapEmpty();
  }
}
