package io.homecell.core.failsafe;

import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.coordination.StateProof;
import io.homecell.core.route.RouteStore;
import io.homecell.core.topology.Topology;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a witness what ZooKeeper proves, again and again, as long as ZooKeeper answers. */
public final class WitnessFeed implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(WitnessFeed.class);

  private final Witness witness;
  private final Map<String, StateProof> proofs = new TreeMap<>();
  private final RouteStore routes;
  private final Duration period;
  private final Duration patience;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread;

  private WitnessFeed(CuratorFramework client, Topology topology, Witness witness) {
    this.witness = witness;
    topology
        .datacenters()
        .keySet()
        .forEach(datacenter -> proofs.put(datacenter, new StateProof(client, datacenter)));
    this.routes = new RouteStore(client);
    this.period = topology.coordination().lease().dividedBy(8);
    this.patience = topology.coordination().lease().dividedBy(4);
    this.thread = new Thread(this::run, "witness feed");
    thread.setDaemon(true);
  }

  /** Begins; needs no connection to begin with. */
  public static WitnessFeed start(CuratorFramework client, Topology topology, Witness witness) {
    WitnessFeed feed = new WitnessFeed(client, topology, witness);
    feed.thread.start();
    return feed;
  }

  private void run() {
    try {
      do {
        feed();
      } while (!closing.await(period.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void feed() throws InterruptedException {
    for (Map.Entry<String, StateProof> each : proofs.entrySet()) {
      Optional<StateProof.Proof> proof = each.getValue().within(patience);
      if (proof.isEmpty()) {
        return;
      }
      StateProof.Proof proved = proof.get();
      boolean taken =
          witness.learn(
              each.getKey(),
              proved.state().state(),
              proved.state().epoch(),
              proved.failsafeMembers());
      if (!taken) {
        log.error(
            "failsafe: EPOCH_WENT_BACK, ZooKeeper holds epoch {} of {}, less than what is known",
            proved.state().epoch(),
            each.getKey());
      }
    }
    try {
      routes.read().ifPresent(versioned -> witness.learnRoutes(versioned.table().epoch()));
    } catch (CoordinationException e) {
      log.debug("failsafe: {}", e.getMessage());
    }
  }

  @Override
  public void close() {
    closing.countDown();
    thread.interrupt();
  }
}
