package io.homecell.core.coordination;

import java.nio.charset.StandardCharsets;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * Which datacenters confirm to each other in failsafe mode, at {@code /homecell/failsafe}; empty
 * while the mode is off.
 *
 * <p>Invariant upheld: once it names members it changes no more, unless a person removes the node.
 * A lease keeper goes into failsafe mode only if it has read what its own topology says, and a
 * datacenter is declared lost only in a transaction that checks the same; so no coordinator with an
 * older topology can declare one lost without telling whom its keepers ask. Tested by {@code
 * DatacenterStatesIT}. Safe for any number of threads and processes.
 */
public final class FailsafeRecord {
  /** Where it is. */
  public static final String PATH = "/homecell/failsafe";

  /** What was read, and the version of the znode that held it. */
  public record Content(String members, int version) {}

  private final CuratorFramework client;

  public FailsafeRecord(CuratorFramework client) {
    this.client = client;
  }

  /**
   * Writes the members if none are recorded yet.
   *
   * @param members the canonical text; empty if failsafe mode is off
   * @return what is recorded by then: other members, if somebody has recorded others
   * @throws CoordinationException if ZooKeeper does not answer
   */
  public Content agree(String members) {
    byte[] bytes = members.getBytes(StandardCharsets.UTF_8);
    try {
      client.create().creatingParentsIfNeeded().forPath(PATH, bytes);
    } catch (KeeperException.NodeExistsException exists) {
      // read below
    } catch (Exception e) {
      throw failed(e);
    }
    try {
      Content found = read();
      if (found.members().isEmpty() && !members.isEmpty()) {
        client.setData().withVersion(found.version()).forPath(PATH, bytes);
        return read();
      }
      return found;
    } catch (CoordinationException e) {
      throw e;
    } catch (Exception e) {
      throw failed(e);
    }
  }

  private Content read() throws Exception {
    Stat stat = new Stat();
    client.sync().forPath(PATH);
    String members = text(client.getData().storingStatIn(stat).forPath(PATH));
    return new Content(members, stat.getVersion());
  }

  static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static CoordinationException failed(Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    return new CoordinationException("can't agree on " + PATH + ": " + e.getMessage(), e);
  }
}
