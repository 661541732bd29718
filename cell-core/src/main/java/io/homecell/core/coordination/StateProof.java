package io.homecell.core.coordination;

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
 * Safe for any number of threads.
 */
public final class StateProof {
  private static final Logger log = LoggerFactory.getLogger(StateProof.class);

  /**
   * What was proved.
   *
   * @param failsafeMembers what {@link FailsafeRecord} held at some moment after the question;
   *     empty if nothing
   */
  public record Proof(DatacenterState state, String failsafeMembers) {}

  private final CuratorFramework client;
  private final String path;

  public StateProof(CuratorFramework client, String datacenter) {
    this.client = client;
    this.path = DatacenterStates.path(datacenter);
  }

  /** The proof; empty if there was no proof in time, whatever the reason. */
  public Optional<Proof> within(Duration atMost) throws InterruptedException {
    CompletableFuture<Proof> proof = new CompletableFuture<>();
    try {
      client.sync().inBackground().forPath(path);
      client.getData().inBackground(answering(proof, this::read)).forPath(path);
      return Optional.of(proof.get(atMost.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      throw e;
    } catch (TimeoutException e) {
      log.debug("{}: no proof within {} ms", path, atMost.toMillis());
    } catch (ExecutionException e) {
      log.debug("{}: no proof: {}", path, String.valueOf(e.getCause()));
    } catch (Exception e) {
      log.debug("{}: no proof: {}", path, e.toString());
    }
    return Optional.empty();
  }

  /** A step of the proof: may complete it or start the next step. */
  private interface Step {
    void run(CuratorEvent event, CompletableFuture<Proof> proof) throws Exception;
  }

  private static BackgroundCallback answering(CompletableFuture<Proof> proof, Step step) {
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

  private void read(CuratorEvent event, CompletableFuture<Proof> proof) throws Exception {
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
        .getData()
        .inBackground(answering(proof, (members, done) -> check(state, members, done)))
        .forPath(FailsafeRecord.PATH);
  }

  private void check(DatacenterState state, CuratorEvent members, CompletableFuture<Proof> proof)
      throws Exception {
    String failsafe = "";
    if (members.getResultCode() != KeeperException.Code.NONODE.intValue()) {
      throwIfFailed(members);
      failsafe = FailsafeRecord.text(members.getData());
    }
    Proof proved = new Proof(state, failsafe);
    client
        .transaction()
        .inBackground(
            answering(
                proof,
                (checked, done) -> {
                  throwIfFailed(checked);
                  done.complete(proved);
                }))
        .forOperations(client.transactionOp().check().withVersion(state.version()).forPath(path));
  }

  private void created(CuratorEvent event, CompletableFuture<Proof> proof) throws KeeperException {
    throwIfFailed(event);
    proof.complete(new Proof(new DatacenterState(DatacenterState.State.ACTIVE, 0, 0), ""));
  }

  private static void throwIfFailed(CuratorEvent event) throws KeeperException {
    if (event.getResultCode() != KeeperException.Code.OK.intValue()) {
      throw KeeperException.create(KeeperException.Code.get(event.getResultCode()));
    }
  }
}
