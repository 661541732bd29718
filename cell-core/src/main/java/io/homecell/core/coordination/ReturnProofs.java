package io.homecell.core.coordination;

import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;

/**
 * The last {@link ReturnProof} for each cell that has come back and each owner of its slots, at
 * {@code /homecell/sync-returned/<cell>+<owner>}; written by dc-sync, judged by the coordinator.
 */
public final class ReturnProofs {
  private static final String ROOT = "/homecell/sync-returned/";

  private final CuratorFramework client;

  public ReturnProofs(CuratorFramework client) {
    this.client = client;
  }

  /**
   * The last one; empty if there is none, or none that can be read.
   *
   * @throws CoordinationException if ZooKeeper does not answer
   */
  public Optional<ReturnProof> read(String cell, String owner) {
    String path = path(cell, owner);
    try {
      byte[] bytes = client.getData().forPath(path);
      return Optional.of(Json.read(new String(bytes, StandardCharsets.UTF_8), ReturnProof.class));
    } catch (KeeperException.NoNodeException | IllegalArgumentException none) {
      return Optional.empty();
    } catch (Exception e) {
      throw failed("can't read " + path, e);
    }
  }

  /**
   * Writes the last one.
   *
   * @throws CoordinationException if ZooKeeper does not answer: it may or may not be written
   */
  public void write(String cell, String owner, ReturnProof proof) {
    String path = path(cell, owner);
    try {
      client
          .create()
          .orSetData()
          .creatingParentsIfNeeded()
          .forPath(path, Json.write(proof).getBytes(StandardCharsets.UTF_8));
    } catch (Exception e) {
      throw failed("can't write " + path, e);
    }
  }

  private static String path(String cell, String owner) {
    return ROOT + cell + "+" + owner;
  }

  private static CoordinationException failed(String what, Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    return new CoordinationException(what + ": " + e.getMessage(), e);
  }
}
