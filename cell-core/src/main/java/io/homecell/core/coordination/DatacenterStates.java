package io.homecell.core.coordination;

import io.homecell.core.coordination.DatacenterState.State;
import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * The state of each datacenter at {@code /homecell/datacenters/<name>}, changed by compare-and-set
 * only. A cell of a datacenter that is declared lost gets no further lease, see {@code
 * io.homecell.core.lease.LeaseKeeper}.
 */
public final class DatacenterStates {
  private static final String ROOT = "/homecell/datacenters";

  private record Content(State state, long epoch) {}

  private final CuratorFramework client;

  public DatacenterStates(CuratorFramework client) {
    this.client = client;
  }

  /** The path of a datacenter's state. */
  public static String path(String datacenter) {
    return ROOT + "/" + datacenter;
  }

  /**
   * The state as the connected server knows it; one that has never been written is active.
   *
   * @throws CoordinationException if ZooKeeper does not answer
   */
  public DatacenterState read(String datacenter) {
    String path = path(datacenter);
    Stat stat = new Stat();
    try {
      return parse(client.getData().storingStatIn(stat).forPath(path), stat.getVersion());
    } catch (KeeperException.NoNodeException never) {
      return new DatacenterState(State.ACTIVE, 0, DatacenterState.ABSENT);
    } catch (Exception e) {
      throw failed("can't read " + path, e);
    }
  }

  /**
   * Declares a datacenter lost.
   *
   * @param expectedVersion of the state that was read
   * @return the new state
   * @throws StaleStateException if it has changed since
   * @throws CoordinationException if ZooKeeper does not answer: it may or may not have been done
   */
  public DatacenterState declareLost(String datacenter, int expectedVersion)
      throws StaleStateException {
    return change(datacenter, State.LOST, expectedVersion, List.of());
  }

  /**
   * As {@link #declareLost(String, int)}, if the record of failsafe mode is still what was read: a
   * coordinator that does not know who is asked in failsafe mode can't declare anything.
   */
  public DatacenterState declareLost(
      String datacenter, int expectedVersion, FailsafeRecord.Content failsafe)
      throws StaleStateException {
    try {
      return change(
          datacenter,
          State.LOST,
          expectedVersion,
          List.of(
              client
                  .transactionOp()
                  .check()
                  .withVersion(failsafe.version())
                  .forPath(FailsafeRecord.PATH)));
    } catch (StaleStateException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw failed("can't write " + path(datacenter), e);
    }
  }

  /** Lets a datacenter's cells renew their leases again; as {@link #declareLost} otherwise. */
  public DatacenterState markActive(String datacenter, int expectedVersion)
      throws StaleStateException {
    return change(datacenter, State.ACTIVE, expectedVersion, List.of());
  }

  /**
   * Sets a state with an epoch that is higher than any that was ever seen, after ZooKeeper has lost
   * the later ones; as {@link #declareLost} otherwise.
   */
  public DatacenterState raise(String datacenter, State state, long epoch, int expectedVersion)
      throws StaleStateException {
    DatacenterState before = read(datacenter);
    if (epoch <= before.epoch()) {
      throw new StaleStateException(
          path(datacenter) + " epoch: " + before.epoch() + " (expected: < " + epoch + ")");
    }
    byte[] bytes = Json.write(new Content(state, epoch)).getBytes(StandardCharsets.UTF_8);
    try {
      Stat stat = client.setData().withVersion(expectedVersion).forPath(path(datacenter), bytes);
      return new DatacenterState(state, epoch, stat.getVersion());
    } catch (KeeperException.BadVersionException | KeeperException.NoNodeException raced) {
      throw new StaleStateException(path(datacenter) + " is now " + read(datacenter));
    } catch (Exception e) {
      throw failed("can't write " + path(datacenter), e);
    }
  }

  private DatacenterState change(
      String datacenter, State state, int expectedVersion, List<CuratorOp> conditions)
      throws StaleStateException {
    DatacenterState before = read(datacenter);
    if (before.version() != expectedVersion) {
      throw new StaleStateException(
          path(datacenter)
              + " version: "
              + before.version()
              + " (expected: "
              + expectedVersion
              + ")");
    }
    long epoch = before.epoch() + 1;
    byte[] bytes = Json.write(new Content(state, epoch)).getBytes(StandardCharsets.UTF_8);
    String path = path(datacenter);
    try {
      boolean absent = expectedVersion == DatacenterState.ABSENT;
      List<CuratorOp> operations = new ArrayList<>(conditions);
      if (absent) {
        client.checkExists().creatingParentsIfNeeded().forPath(path);
        operations.add(client.transactionOp().create().forPath(path, bytes));
      } else {
        operations.add(
            client.transactionOp().setData().withVersion(expectedVersion).forPath(path, bytes));
      }
      client.transaction().forOperations(operations);
      return new DatacenterState(state, epoch, absent ? 0 : expectedVersion + 1);
    } catch (KeeperException.BadVersionException | KeeperException.NodeExistsException raced) {
      // A call repeated after a lost answer meets its own first try.
      DatacenterState now = read(datacenter);
      if (now.state() == state && now.epoch() == epoch) {
        return now;
      }
      throw new StaleStateException(path + " is now " + now);
    } catch (Exception e) {
      throw failed("can't write " + path, e);
    }
  }

  /**
   * Reads the content of a znode.
   *
   * @throws CoordinationException if it is not a state: a state that can't be read is no permission
   */
  public static DatacenterState parse(byte[] bytes, int version) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    try {
      Content content = Json.read(text, Content.class);
      if (content.state() == null) {
        throw new IllegalArgumentException("no state");
      }
      return new DatacenterState(content.state(), content.epoch(), version);
    } catch (IllegalArgumentException e) {
      throw new CoordinationException(
          "datacenter state: '"
              + text
              + "' (expected: {\"state\":\"ACTIVE\"|\"LOST\",\"epoch\":n})",
          e);
    }
  }

  /** What the state of a datacenter that was never changed looks like. */
  public static byte[] initialContent() {
    return Json.write(new Content(State.ACTIVE, 0)).getBytes(StandardCharsets.UTF_8);
  }

  private static CoordinationException failed(String what, Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    if (e instanceof CoordinationException known) {
      return known;
    }
    return new CoordinationException(what + ": " + e.getMessage(), e);
  }
}
