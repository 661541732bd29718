package io.homecell.core.coordination;

import io.homecell.core.topology.Topology;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.BoundedExponentialBackoffRetry;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to ZooKeeper: the global ensemble and the registry of a datacenter. Every call over
 * them is bounded: a few retries, then an error, never a wait for ever.
 */
public final class Coordination {
  private static final Logger log = LoggerFactory.getLogger(Coordination.class);

  /** How long a start waits for ZooKeeper, which may be started after us. */
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(60);

  private static final Duration SAY_EACH = Duration.ofSeconds(5);

  /** Shorter than any sensible session timeout, long enough for a busy machine. */
  private static final Duration CONNECTION_TIMEOUT = Duration.ofSeconds(3);

  private Coordination() {}

  /**
   * Connects to the global ensemble and waits until it answers.
   *
   * @return a started client, to be closed by the caller
   * @throws CoordinationException if it does not answer within a minute
   */
  public static CuratorFramework connect(Topology.Coordination coordination) {
    return awaited(start(coordination), coordination.zookeeper(), CONNECT_WITHIN);
  }

  /**
   * A started client of the global ensemble that connects in the background: for processes that can
   * go on with what they know while ZooKeeper is away.
   */
  public static CuratorFramework start(Topology.Coordination coordination) {
    return client(coordination.zookeeper(), "", coordination.sessionTimeout());
  }

  /**
   * Connects to a datacenter's registry and waits until it answers. Its path is created when it is
   * absent, and paths given to the client lie below it.
   *
   * @return a started client, to be closed by the caller
   * @throws CoordinationException if it does not answer within a minute
   */
  public static CuratorFramework connectRegistry(
      Topology.Datacenter datacenter, Duration sessionTimeout) {
    return awaited(
        startRegistry(datacenter, sessionTimeout), datacenter.registry(), CONNECT_WITHIN);
  }

  /** As {@link #connectRegistry}, but connects in the background. */
  public static CuratorFramework startRegistry(
      Topology.Datacenter datacenter, Duration sessionTimeout) {
    String registry = datacenter.registry();
    int slash = registry.indexOf('/');
    String servers = slash < 0 ? registry : registry.substring(0, slash);
    // As a namespace, not as a chroot: Curator makes the namespace's path, ZooKeeper never makes a
    // chroot, and the nodes are the same.
    String path = slash < 0 ? "" : registry.substring(slash + 1);
    return client(servers, path, sessionTimeout);
  }

  private static CuratorFramework client(String servers, String path, Duration sessionTimeout) {
    CuratorFrameworkFactory.Builder builder =
        CuratorFrameworkFactory.builder()
            .connectString(servers)
            .sessionTimeoutMs((int) sessionTimeout.toMillis())
            .connectionTimeoutMs((int) CONNECTION_TIMEOUT.toMillis())
            .retryPolicy(new BoundedExponentialBackoffRetry(100, 1_000, 3))
            .canBeReadOnly(false);
    if (!path.isEmpty()) {
      builder.namespace(path);
    }
    CuratorFramework client = builder.build();
    client.start();
    return client;
  }

  private static CuratorFramework awaited(
      CuratorFramework client, String servers, Duration atMost) {
    long deadline = System.nanoTime() + atMost.toNanos();
    try {
      while (!client.blockUntilConnected((int) SAY_EACH.toMillis(), TimeUnit.MILLISECONDS)) {
        if (System.nanoTime() - deadline >= 0) {
          client.close();
          throw new CoordinationException(
              "ZooKeeper at " + servers + " did not answer within " + atMost.toSeconds() + " s");
        }
        log.info("waiting for ZooKeeper at {}", servers);
      }
      return client;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      client.close();
      throw new CoordinationException("interrupted while waiting for ZooKeeper at " + servers, e);
    }
  }
}
