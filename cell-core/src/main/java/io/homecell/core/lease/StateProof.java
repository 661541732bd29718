package io.homecell.core.lease;

import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.BackgroundCallback;
import org.apache.curator.framework.api.CuratorEvent;
import org.apache.zookeeper.KeeperException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A proof that a datacenter's state is what was read, no older than the moment it was asked for.
 *
 * <p>Sync and read alone are no such proof: a leader that has lost its quorum answers a sync for
 * some ticks before it steps down. So the version that was read is checked in a transaction, which
 * only a quorum can commit. A state that was never written is created first, for the same reason.
 */
final class StateProof {
  private static final Logger log = LoggerFactory.getLogger(StateProof.class);

  private final CuratorFramework client;
  private final String path;

  StateProof(CuratorFramework client, String datacenter) {
    this.client = client;
    this.path = DatacenterStates.path(datacenter);
  }

  /** The state; empty if there was no proof in time, whatever the reason. */
  Optional<DatacenterState> within(Duration atMost) throws InterruptedException {
    CompletableFuture<DatacenterState> proof = new CompletableFuture<>();
    try {
      client.sync().inBackground().forPath(path);
      client.getData().inBackground(answering(proof, this::read)).forPath(path);
      return Optional.of(proof.get(atMost.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      throw e;
    } catch (TimeoutException e) {
      log.debug("lease: no proof within {} ms", atMost.toMillis());
    } catch (ExecutionException e) {
      log.debug("lease: no proof: {}", String.valueOf(e.getCause()));
    } catch (Exception e) {
      log.debug("lease: no proof: {}", e.toString());
    }
    return Optional.empty();
  }

  /** A step of the proof: may complete it or start the next step. */
  private interface Step {
    void run(CuratorEvent event, CompletableFuture<DatacenterState> proof) throws Exception;
  }

  private static BackgroundCallback answering(CompletableFuture<DatacenterState> proof, Step step) {
    return (client, event) -> {
      try {
        if (!proof.isDone()) {
          step.run(event, proof);
        }
      } catch (Exception e) {
        proof.completeExceptionally(e);
      }
    };
  }

  private void read(CuratorEvent event, CompletableFuture<DatacenterState> proof) throws Exception {
    if (event.getResultCode() == KeeperException.Code.NONODE.intValue()) {
      client
          .create()
          .creatingParentsIfNeeded()
          .inBackground(answering(proof, this::created))
          .forPath(path, DatacenterStates.initialContent());
      return;
    }
    throwIfFailed(event);
    DatacenterState state = DatacenterStates.parse(event.getData(), event.getStat().getVersion());
    client
        .transaction()
        .inBackground(
            answering(
                proof,
                (checked, done) -> {
                  throwIfFailed(checked);
                  done.complete(state);
                }))
        .forOperations(client.transactionOp().check().withVersion(state.version()).forPath(path));
  }

  private void created(CuratorEvent event, CompletableFuture<DatacenterState> proof)
      throws KeeperException {
    throwIfFailed(event);
    proof.complete(new DatacenterState(DatacenterState.State.ACTIVE, 0, 0));
  }

  private static void throwIfFailed(CuratorEvent event) throws KeeperException {
    if (event.getResultCode() != KeeperException.Code.OK.intValue()) {
      throw KeeperException.create(KeeperException.Code.get(event.getResultCode()));
    }
  }
}
