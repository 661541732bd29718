package io.homecell.router.upstream;

/**
 * One process that requests are sent to: a cell's instance, or another datacenter's router.
 *
 * @param cell the cell it belongs to, or the datacenter for a router
 */
public record Upstream(String cell, String host, int port) {
  @Override
  public String toString() {
    return cell + "@" + host + ":" + port;
  }
}
