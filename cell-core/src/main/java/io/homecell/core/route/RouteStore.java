package io.homecell.core.route;

import io.homecell.core.coordination.CoordinationException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * The route table's one znode, {@code /homecell/routes}. Changed by compare-and-set on the znode's
 * version only, each time to a higher epoch. Safe for any number of threads and processes.
 */
public final class RouteStore {
  static final String PATH = "/homecell/routes";

  /** A table and the version of the znode that held it. */
  public record Versioned(RouteTable table, int version) {}

  private final CuratorFramework client;

  public RouteStore(CuratorFramework client) {
    this.client = client;
  }

  /**
   * The table as the connected server knows it; empty if none was written yet.
   *
   * @throws CoordinationException if ZooKeeper does not answer, or holds no valid table
   */
  public Optional<Versioned> read() {
    Stat stat = new Stat();
    try {
      // A server may lag behind the leader; with sync a coordinator sees its own last write.
      client.sync().forPath(PATH);
      byte[] bytes = client.getData().storingStatIn(stat).forPath(PATH);
      RouteTable table = RouteTableJson.read(new String(bytes, StandardCharsets.UTF_8));
      return Optional.of(new Versioned(table, stat.getVersion()));
    } catch (KeeperException.NoNodeException absent) {
      return Optional.empty();
    } catch (Exception e) {
      throw failed("can't read " + PATH, e);
    }
  }

  /**
   * Writes the first table.
   *
   * @return whether this call wrote it
   * @throws CoordinationException if ZooKeeper does not answer
   */
  public boolean createIfAbsent(RouteTable table) {
    try {
      client.create().creatingParentsIfNeeded().forPath(PATH, bytes(table));
      return true;
    } catch (KeeperException.NodeExistsException exists) {
      return false;
    } catch (Exception e) {
      throw failed("can't create " + PATH, e);
    }
  }

  /**
   * Replaces the table.
   *
   * @param expectedEpoch of the table that {@code next} was made from
   * @param next the next table, of a higher epoch
   * @return {@code next}
   * @throws StaleRouteTableException if the table is of another epoch by now; nothing was changed
   * @throws CoordinationException if ZooKeeper does not answer: it may or may not have been done
   */
  public RouteTable update(long expectedEpoch, RouteTable next) throws StaleRouteTableException {
    if (next.epoch() <= expectedEpoch) {
      throw new IllegalArgumentException(
          "next epoch: " + next.epoch() + " (expected: > " + expectedEpoch + ")");
    }
    Versioned before = read().orElseThrow(() -> new CoordinationException(PATH + " is absent"));
    if (before.table().epoch() != expectedEpoch) {
      throw new StaleRouteTableException(expectedEpoch, before.table().epoch());
    }
    try {
      client.setData().withVersion(before.version()).forPath(PATH, bytes(next));
      return next;
    } catch (KeeperException.BadVersionException raced) {
      // A call repeated after a lost answer meets its own first try.
      RouteTable now = read().map(Versioned::table).orElse(before.table());
      if (now.equals(next)) {
        return next;
      }
      throw new StaleRouteTableException(expectedEpoch, now.epoch());
    } catch (Exception e) {
      throw failed("can't write " + PATH, e);
    }
  }

  private static byte[] bytes(RouteTable table) {
    return RouteTableJson.write(table).getBytes(StandardCharsets.UTF_8);
  }

  private static CoordinationException failed(String what, Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    return new CoordinationException(what + ": " + e.getMessage(), e);
  }
}
