package io.homecell.sync.verify;

import io.homecell.core.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * A znode for two cells, in whichever order they are named: both directions, and whoever runs them
 * after a restart, know the same. Changed by compare-and-set.
 */
final class ZookeeperRecord implements VerificationRecord {
  /** Where these are. */
  static final String ROOT = "/homecell/sync-verified/";

  private static final int TRIES_MAX = 10;

  private final CuratorFramework zookeeper;
  private final String path;

  ZookeeperRecord(CuratorFramework zookeeper, String cell, String other) {
    this.zookeeper = zookeeper;
    boolean inOrder = cell.compareTo(other) < 0;
    this.path = ROOT + (inOrder ? cell + "+" + other : other + "+" + cell);
  }

  @Override
  public Optional<Found> read() throws IOException {
    return read(new Stat());
  }

  private Optional<Found> read(Stat stat) throws IOException {
    requireConnected();
    try {
      byte[] text = zookeeper.getData().storingStatIn(stat).forPath(path);
      return Optional.of(Json.read(new String(text, StandardCharsets.UTF_8), Found.class));
    } catch (KeeperException.NoNodeException e) {
      return Optional.empty();
    } catch (Exception e) {
      throw new IOException(path + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void add(VerifyResult result) throws IOException {
    for (int attempt = 0; attempt < TRIES_MAX; attempt++) {
      Stat stat = new Stat();
      Optional<Found> kept = read(stat);
      Found found = kept.orElseGet(Found::nothing).with(result);
      byte[] text = Json.write(found).getBytes(StandardCharsets.UTF_8);
      try {
        if (kept.isPresent()) {
          zookeeper.setData().withVersion(stat.getVersion()).forPath(path, text);
        } else {
          zookeeper.create().creatingParentsIfNeeded().forPath(path, text);
        }
        return;
      } catch (KeeperException.BadVersionException | KeeperException.NodeExistsException e) {
        // another process was faster: look again
      } catch (Exception e) {
        throw new IOException(path + ": " + e.getMessage(), e);
      }
    }
    throw new IOException(path + ": changed " + TRIES_MAX + " times in a row by others");
  }

  private void requireConnected() throws IOException {
    if (!zookeeper.getZookeeperClient().isConnected()) {
      throw new IOException(path + ": no connection to ZooKeeper");
    }
  }
}
