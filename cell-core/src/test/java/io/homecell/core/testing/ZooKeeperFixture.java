package io.homecell.core.testing;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.topology.Topology;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.test.TestingServer;
import org.apache.zookeeper.ZooKeeper;

/** A ZooKeeper server of a test, with clients that end with it. */
public final class ZooKeeperFixture implements AutoCloseable {
  private final TestingServer server;
  private final List<CuratorFramework> clients = new ArrayList<>();

  private ZooKeeperFixture(TestingServer server) {
    this.server = server;
  }

  public static ZooKeeperFixture start() throws Exception {
    return new ZooKeeperFixture(new TestingServer(true));
  }

  public Topology.Coordination coordination() {
    return new Topology.Coordination(
        server.getConnectString(), Duration.ofSeconds(6), Duration.ofSeconds(8));
  }

  public String connectString() {
    return server.getConnectString();
  }

  /** A client that is connected. */
  public CuratorFramework client() {
    CuratorFramework client = Coordination.connect(coordination());
    clients.add(client);
    return client;
  }

  /** A client that may not be connected yet. */
  public CuratorFramework startedClient() {
    CuratorFramework client = Coordination.start(coordination());
    clients.add(client);
    return client;
  }

  public void stop() throws IOException {
    server.stop();
  }

  /** Starts the server again, with its data. */
  public void restart() throws Exception {
    server.restart();
  }

  /** Ends a client's session at the server, as an expiry would. */
  public void endSession(CuratorFramework client) throws Exception {
    ZooKeeper session = client.getZookeeperClient().getZooKeeper();
    ZooKeeper same =
        new ZooKeeper(
            server.getConnectString(),
            6_000,
            event -> {},
            session.getSessionId(),
            session.getSessionPasswd());
    Eventually.holds(
        () -> {
          if (!same.getState().isConnected()) {
            throw new AssertionError("the session was not taken over: " + same.getState());
          }
        });
    same.close();
  }

  @Override
  public void close() throws IOException {
    clients.forEach(CuratorFramework::close);
    server.close();
  }
}
