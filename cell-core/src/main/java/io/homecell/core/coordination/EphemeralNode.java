package io.homecell.core.coordination;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.zookeeper.CreateMode;

/**
 * A znode that is there as long as this process holds it: ephemeral, and written again after a loss
 * of the session, a deletion by somebody else, or a change of its text. Needs no connection to
 * start. Safe for any number of threads.
 */
public final class EphemeralNode implements AutoCloseable {
  private final String path;
  private final PersistentNode node;

  private EphemeralNode(String path, PersistentNode node) {
    this.path = path;
    this.node = node;
  }

  /** Starts to hold a node with a text; parents are created. */
  public static EphemeralNode hold(CuratorFramework client, String path, String text) {
    PersistentNode node =
        new PersistentNode(client, CreateMode.EPHEMERAL, false, path, bytes(text), true);
    node.start();
    return new EphemeralNode(path, node);
  }

  /** Changes the text; reaches ZooKeeper in the background, the last text always in the end. */
  public void set(String text) {
    try {
      node.setData(bytes(text));
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      throw new CoordinationException("can't write " + path, e);
    }
  }

  @Override
  public void close() {
    try {
      node.close();
    } catch (IOException e) {
      throw new CoordinationException("can't remove " + path, e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
