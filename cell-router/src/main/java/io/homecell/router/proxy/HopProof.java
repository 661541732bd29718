package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.vertx.core.MultiMap;

/**
 * Whether a request that says so was forwarded by another datacenter's router. Pure.
 *
 * <p>What it upholds: no client's hop header counts. Where routers have a port of their own, it
 * counts there only, with the key, and only if the certificate of the connection is that of the
 * datacenter it names.
 */
interface HopProof {
  /** At a port that takes no hops: other routers have one of their own. */
  HopProof NEVER = headers -> false;

  boolean holds(MultiMap headers);

  /** By the key alone. */
  static HopProof byKey(PeerKey key) {
    return headers ->
        headers.get(CellHeaders.HOP) != null && key.is(headers.get(HeaderRules.HOP_KEY));
  }

  /**
   * By the key, on a connection that has proven a datacenter.
   *
   * @param datacenter that the certificate is of
   */
  static HopProof byCertificate(String datacenter, PeerKey key) {
    return headers ->
        datacenter.equals(headers.get(CellHeaders.HOP)) && key.is(headers.get(HeaderRules.HOP_KEY));
  }
}
