package io.homecell.coordinator.jobs;

import io.homecell.coordinator.jobs.JobStore.Worker;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.topology.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * Proves who owns a job, as of a moment not earlier than the question: the versions that were read
 * are checked in a transaction, which only a quorum can commit (a read, even after a sync, is no
 * such proof). The same transaction checks that this process's own worker record is there, made in
 * this very session: whoever moves a job sees every process that could run it.
 */
final class JobProof {
  /**
   * A proof.
   *
   * @param owner whose version was checked; of a cell's part, its datacenter
   * @param runnable whether the owner's datacenter has not been declared lost
   * @param askedNanos before the question was sent
   */
  record Proof(JobOwner owner, boolean runnable, long askedNanos, long session) {}

  private final CuratorFramework client;
  private final JobStore store;
  private final DatacenterStates states;
  private final Topology topology;
  private final JobUnit unit;
  private final String instance;
  private final String datacenter;
  private Optional<Worker> written = Optional.empty();
  private long writtenIn;

  JobProof(
      CuratorFramework client,
      Topology topology,
      JobUnit unit,
      String instance,
      String datacenter) {
    this.client = client;
    this.store = new JobStore(client);
    this.states = new DatacenterStates(client);
    this.topology = topology;
    this.unit = unit;
    this.instance = instance;
    this.datacenter = datacenter;
  }

  /** The id of the present session. */
  long session() throws Exception {
    return client.getZookeeperClient().getZooKeeper().getSessionId();
  }

  /**
   * Asks.
   *
   * @return empty if there is no owner yet
   * @throws Exception if there is no proof, whatever the reason
   */
  Optional<Proof> ask() throws Exception {
    long asked = System.nanoTime();
    long session = session();
    Optional<JobOwner> owner = owner();
    if (owner.isEmpty()) {
      return Optional.empty();
    }
    if (written.isEmpty() || writtenIn != session) {
      tell(new Worker(instance, datacenter, 0, false), session);
    }
    DatacenterState state = states.read(owner.get().datacenter());
    List<CuratorOp> checks = new ArrayList<>();
    checks.add(
        client
            .transactionOp()
            .check()
            .withVersion(state.version())
            .forPath(DatacenterStates.path(owner.get().datacenter())));
    if (unit.cell().isEmpty()) {
      checks.add(
          client
              .transactionOp()
              .check()
              .withVersion(owner.get().version())
              .forPath(JobStore.ownerPath(unit)));
    }
    checks.add(client.transactionOp().check().forPath(JobStore.workerPath(unit, instance)));
    client.transaction().forOperations(checks);
    if (session() != session) {
      throw new IllegalStateException("the session changed");
    }
    return Optional.of(new Proof(owner.get(), !state.isLost(), asked, session));
  }

  /** A cell's part belongs to its datacenter; its epoch counts with the datacenter's state. */
  private Optional<JobOwner> owner() {
    if (unit.cell().isEmpty()) {
      return store.owner(unit);
    }
    String home = topology.cell(unit.cell().get()).datacenter();
    DatacenterState state = states.read(home);
    return state.version() == DatacenterState.ABSENT
        ? Optional.empty()
        : Optional.of(new JobOwner(home, state.epoch() + 1, JobOwner.State.ACTIVE, 0));
  }

  /** Says which ownership this process has taken note of, and whether it runs nothing of it. */
  void acknowledge(long epoch, boolean idle, long session) throws Exception {
    Worker worker = new Worker(instance, datacenter, epoch, idle);
    if (writtenIn != session || !written.equals(Optional.of(worker))) {
      tell(worker, session);
    }
  }

  private void tell(Worker worker, long session) throws Exception {
    String path = JobStore.workerPath(unit, instance);
    Stat stat = client.checkExists().forPath(path);
    if (stat != null && stat.getEphemeralOwner() != session) {
      // Of an earlier session of ours: it would vanish with that one.
      delete(path);
      stat = null;
    }
    if (stat == null) {
      client
          .create()
          .creatingParentsIfNeeded()
          .withMode(CreateMode.EPHEMERAL)
          .forPath(path, JobStore.bytes(worker));
    } else {
      client.setData().forPath(path, JobStore.bytes(worker));
    }
    written = Optional.of(worker);
    writtenIn = session;
  }

  private void delete(String path) throws Exception {
    try {
      client.delete().forPath(path);
    } catch (KeeperException.NoNodeException gone) {
      written = Optional.empty();
    }
  }
}
