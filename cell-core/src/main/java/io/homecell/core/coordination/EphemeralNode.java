package io.homecell.core.coordination;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.CuratorWatcher;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.framework.state.ConnectionStateListener;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A znode that is there as long as this process holds it: ephemeral, and written again after a loss
 * of the session, a deletion by somebody else, or a change of its text. A node that an earlier
 * session left behind is replaced, so it can't vanish with that session later. Needs no connection
 * to start. Safe for any number of threads.
 *
 * <p>Not Curator's PersistentNode: that one adopts the node of another session, and refuses a new
 * text before its first write has come through.
 */
public final class EphemeralNode implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EphemeralNode.class);

  /** How often the node is looked at without being told to. */
  private static final long LOOK_EACH_MILLIS = 5_000;

  private static final long TRY_AGAIN_AFTER_MILLIS = 500;

  private final CuratorFramework client;
  private final String path;
  private final Semaphore work = new Semaphore(1);
  private final CuratorWatcher watcher = event -> work.release();
  private final ConnectionStateListener reconnected = this::connectionChanged;
  private final Thread thread;
  private volatile byte[] wanted;
  private volatile boolean closed;

  private EphemeralNode(CuratorFramework client, String path, String text) {
    this.client = client;
    this.path = path;
    this.wanted = bytes(text);
    this.thread = new Thread(this::run, "ephemeral " + path);
    thread.setDaemon(true);
  }

  /** Starts to hold a node with a text; parents are created. */
  public static EphemeralNode hold(CuratorFramework client, String path, String text) {
    EphemeralNode node = new EphemeralNode(client, path, text);
    client.getConnectionStateListenable().addListener(node.reconnected);
    node.thread.start();
    return node;
  }

  /** Changes the text; it is written in the background, the last text always in the end. */
  public void set(String text) {
    wanted = bytes(text);
    work.release();
  }

  private void connectionChanged(CuratorFramework ignored, ConnectionState state) {
    if (state == ConnectionState.CONNECTED || state == ConnectionState.RECONNECTED) {
      work.release();
    }
  }

  private void run() {
    long wait = LOOK_EACH_MILLIS;
    try {
      while (!closed) {
        boolean told = work.tryAcquire(wait, TimeUnit.MILLISECONDS);
        log.trace("{}: told {}", path, told);
        work.drainPermits();
        wait = write() ? LOOK_EACH_MILLIS : TRY_AGAIN_AFTER_MILLIS;
      }
    } catch (InterruptedException isClosed) {
      Thread.currentThread().interrupt();
    }
  }

  /** Makes the node what it should be; whether it is. */
  private boolean write() throws InterruptedException {
    if (closed || !client.getZookeeperClient().isConnected()) {
      return false;
    }
    byte[] text = wanted;
    try {
      Stat stat = client.checkExists().usingWatcher(watcher).forPath(path);
      if (stat != null && stat.getEphemeralOwner() != session()) {
        client.delete().withVersion(stat.getVersion()).forPath(path);
        stat = null;
      }
      if (stat == null) {
        client
            .create()
            .creatingParentsIfNeeded()
            .withMode(CreateMode.EPHEMERAL)
            .forPath(path, text);
        client.checkExists().usingWatcher(watcher).forPath(path);
      } else if (!Arrays.equals(client.getData().forPath(path), text)) {
        client.setData().forPath(path, text);
      }
      return true;
    } catch (InterruptedException e) {
      throw e;
    } catch (KeeperException.NoNodeException
        | KeeperException.NodeExistsException
        | KeeperException.BadVersionException raced) {
      return false;
    } catch (Exception e) {
      log.debug("{} is not written: {}", path, e.toString());
      return false;
    }
  }

  private long session() throws Exception {
    return client.getZookeeperClient().getZooKeeper().getSessionId();
  }

  /** Removes the node if ZooKeeper answers; else it goes with the session. */
  @Override
  public void close() {
    closed = true;
    client.getConnectionStateListenable().removeListener(reconnected);
    thread.interrupt();
    try {
      thread.join(TimeUnit.SECONDS.toMillis(2));
      if (client.getZookeeperClient().isConnected()) {
        client.delete().quietly().forPath(path);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      log.debug("{} is not removed: {}", path, e.toString());
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
