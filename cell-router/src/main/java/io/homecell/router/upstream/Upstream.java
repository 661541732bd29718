package io.homecell.router.upstream;

/**
 * One process that requests are sent to: a cell's instance, or another datacenter's router.
 *
 * @param cell the cell it belongs to, or the datacenter for a router
 * @param isH2c whether requests go to it by HTTP/2 without TLS, not by HTTP/1.1
 */
public record Upstream(String cell, String host, int port, boolean isH2c) {
  /** One that speaks HTTP/1.1. */
  public Upstream(String cell, String host, int port) {
    this(cell, host, port, false);
  }

  @Override
  public String toString() {
    return cell + "@" + host + ":" + port;
  }
}
