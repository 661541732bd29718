package io.homecell.coordinator.switchover;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A follower's look at the leader: one whose host says that nobody listens at its port is dead, and
 * its place is cleared at once instead of when its session ends, so a failover of its datacenter
 * need not wait for that. A host that does not answer at all is left to the session.
 *
 * <p>Clearing the place of a leader that lives after all does no harm: it steps down when it sees
 * it, and nothing relies on there being one leader only. For one thread.
 */
final class LeaderProbe {
  private static final Logger log = LoggerFactory.getLogger(LeaderProbe.class);
  private static final Duration CONNECT_WITHIN = Duration.ofMillis(300);
  private static final int REFUSALS = 2;

  private final CuratorFramework client;
  private final String path;
  private final String self;
  private String suspect = "";
  private int refusals;

  LeaderProbe(CuratorFramework client, String path, String self) {
    this.client = client;
    this.path = path;
    this.self = self;
  }

  void look() throws Exception {
    Optional<String> first = first();
    if (first.isEmpty()) {
      return;
    }
    String node = path + "/" + first.get();
    String url;
    try {
      url = new String(client.getData().forPath(node), StandardCharsets.UTF_8);
    } catch (KeeperException.NoNodeException gone) {
      return;
    }
    if (url.isEmpty() || url.equals(self) || !isRefused(url)) {
      suspect = "";
      return;
    }
    refusals = node.equals(suspect) ? refusals + 1 : 1;
    suspect = node;
    if (refusals >= REFUSALS) {
      log.warn("the leader at {} is dead: nobody listens there; its place is cleared", url);
      suspect = "";
      client.delete().guaranteed().forPath(node);
    }
  }

  private Optional<String> first() throws Exception {
    try {
      List<String> nodes = client.getChildren().forPath(path);
      return nodes.stream()
          .filter(node -> node.lastIndexOf('-') >= 0)
          .min(Comparator.comparing(node -> node.substring(node.lastIndexOf('-') + 1)));
    } catch (KeeperException.NoNodeException none) {
      return Optional.empty();
    }
  }

  private static boolean isRefused(String url) {
    URI address = URI.create(url);
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(address.getHost(), address.getPort()),
          (int) CONNECT_WITHIN.toMillis());
      return false;
    } catch (ConnectException e) {
      return true;
    } catch (IOException e) {
      return false;
    }
  }
}
