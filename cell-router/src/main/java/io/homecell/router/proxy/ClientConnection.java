package io.homecell.router.proxy;

/** A client's connection, looked at now and then. Belongs to one event loop. */
sealed interface ClientConnection permits ClientWire, Http2Wire {
  /** Looks whether the client is too slow; who is, is cut off. */
  void check(long nowNanos);

  /** The router stops soon: the client should connect anew. */
  void sayFarewell();

  /** The router stops now: what comes from here on is not served. */
  void sayLastFarewell();
}
