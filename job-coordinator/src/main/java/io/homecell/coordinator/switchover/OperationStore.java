package io.homecell.coordinator.switchover;

import io.homecell.coordinator.cells.Coordinated;
import io.homecell.coordinator.operation.Operation;
import io.homecell.core.audit.AuditEntry;
import io.homecell.core.audit.AuditLog;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;

/**
 * Operations at {@code /homecell/operations/<id>}, with a child {@code give-up} once that was asked
 * for, and the id of the one under way at {@code /homecell/operation}.
 *
 * <p>Invariants upheld: at most one operation is under way; its state is changed by
 * compare-and-set, so of two coordinators that both believe to lead, one goes on and the other
 * learns that it was overtaken. Safe for any number of threads and processes.
 */
public final class OperationStore {
  private static final String ALL = "/homecell/operations";
  private static final String UNDER_WAY = "/homecell/operation";

  /** An operation and the version of its znode. */
  public record Stored(Operation operation, int version) {}

  /** The operation under way, and the version of the znode that says so. */
  private record UnderWay(String id, int version) {}

  private final CuratorFramework client;
  private final AuditLog audit;

  public OperationStore(CuratorFramework client) {
    this.client = client;
    this.audit = new AuditLog(client);
  }

  /** Makes the parents, so that beginning is one transaction. */
  void prepare() {
    try {
      client.create().orSetData().creatingParentsIfNeeded().forPath(ALL, new byte[0]);
    } catch (Exception e) {
      throw Coordinated.failed("can't create " + ALL, e);
    }
  }

  /**
   * Begins an operation.
   *
   * @return the id of the operation that is under way instead; empty if this one has begun
   * @throws CoordinationException if ZooKeeper does not answer: it may or may not have begun
   */
  Optional<String> begin(Operation operation, AuditEntry entry) {
    try {
      client
          .transaction()
          .forOperations(
              client
                  .transactionOp()
                  .create()
                  .forPath(UNDER_WAY, operation.id().getBytes(StandardCharsets.UTF_8)),
              client.transactionOp().create().forPath(path(operation.id()), bytes(operation)),
              audit.appending(entry));
      return Optional.empty();
    } catch (KeeperException.NodeExistsException exists) {
      Optional<String> other = underWay();
      // A call repeated after a lost answer meets its own first try.
      return other.filter(id -> !id.equals(operation.id()));
    } catch (Exception e) {
      throw Coordinated.failed("can't begin " + operation.id(), e);
    }
  }

  /** The id of the operation under way. */
  public Optional<String> underWay() {
    try {
      client.sync().forPath(UNDER_WAY);
      return underWayNow().map(UnderWay::id);
    } catch (Exception e) {
      throw Coordinated.failed("can't read " + UNDER_WAY, e);
    }
  }

  /** An operation by its id. */
  public Optional<Stored> read(String id) {
    Stat stat = new Stat();
    try {
      byte[] bytes = client.getData().storingStatIn(stat).forPath(path(id));
      String text = new String(bytes, StandardCharsets.UTF_8);
      return Optional.of(new Stored(Json.read(text, Operation.class), stat.getVersion()));
    } catch (KeeperException.NoNodeException none) {
      return Optional.empty();
    } catch (Exception e) {
      throw Coordinated.failed("can't read " + path(id), e);
    }
  }

  /** All operations there ever were, newest first. */
  public List<Operation> list() {
    try {
      List<String> ids = new ArrayList<>(client.getChildren().forPath(ALL));
      ids.sort((a, b) -> b.compareTo(a));
      List<Operation> all = new ArrayList<>();
      ids.forEach(id -> read(id).ifPresent(stored -> all.add(stored.operation())));
      return all;
    } catch (KeeperException.NoNodeException none) {
      return List.of();
    } catch (Exception e) {
      throw Coordinated.failed("can't list " + ALL, e);
    }
  }

  /** Operations whose id is not below another's, newest first: ids begin with their time. */
  List<Operation> since(String id) {
    List<Operation> recent = new ArrayList<>();
    try {
      for (String one : client.getChildren().forPath(ALL)) {
        if (one.compareTo(id) >= 0) {
          read(one).ifPresent(stored -> recent.add(stored.operation()));
        }
      }
    } catch (KeeperException.NoNodeException none) {
      return List.of();
    } catch (Exception e) {
      throw Coordinated.failed("can't list " + ALL, e);
    }
    recent.sort(Comparator.comparing(Operation::id).reversed());
    return recent;
  }

  /**
   * Writes the next state, and with it what the audit log says of it: both or neither. With its
   * last state an operation stops being the one under way, so that who reads that it is over may
   * begin the next.
   *
   * @param after the version of the state that it follows from
   * @return the new version
   * @throws OvertakenException if another coordinator has written since
   * @throws CoordinationException if ZooKeeper does not answer: it may or may not have been
   *     written; calling again with the same arguments is safe
   */
  int write(Operation next, int after, List<AuditEntry> entries) throws OvertakenException {
    try {
      List<CuratorOp> changes = new ArrayList<>();
      changes.add(
          client
              .transactionOp()
              .setData()
              .withVersion(after)
              .forPath(path(next.id()), bytes(next)));
      entries.forEach(entry -> changes.add(audit.appending(entry)));
      if (next.state().isOver()) {
        Optional<UnderWay> now = underWayNow().filter(one -> one.id().equals(next.id()));
        if (now.isPresent()) {
          changes.add(
              client.transactionOp().delete().withVersion(now.get().version()).forPath(UNDER_WAY));
        }
      }
      return client.transaction().forOperations(changes).get(0).getResultStat().getVersion();
    } catch (KeeperException.BadVersionException raced) {
      Stored now =
          read(next.id()).orElseThrow(() -> new OvertakenException(next.id() + " is gone"));
      if (now.version() == after + 1 && now.operation().equals(next)) {
        return now.version();
      }
      throw new OvertakenException(
          next.id() + " is at version " + now.version() + " (expected: " + after + ")");
    } catch (KeeperException.NoNodeException gone) {
      throw new OvertakenException(next.id() + " is gone");
    } catch (Exception e) {
      throw Coordinated.failed("can't write " + path(next.id()), e);
    }
  }

  /**
   * Keeps that an operation is to be given up, for whichever coordinator drives it by then: it may
   * take effect later, when the one that was asked is gone. The first reason stays.
   */
  public void askToGiveUp(String id, String why) {
    try {
      client.create().forPath(givenUp(id), why.getBytes(StandardCharsets.UTF_8));
    } catch (KeeperException.NodeExistsException asked) {
      // asked for before
    } catch (Exception e) {
      throw Coordinated.failed("can't write " + givenUp(id), e);
    }
  }

  /** Why an operation is to be given up; empty if nobody has asked for it. */
  Optional<String> askedToGiveUp(String id) {
    try {
      byte[] why = client.getData().forPath(givenUp(id));
      return Optional.of(new String(why, StandardCharsets.UTF_8));
    } catch (KeeperException.NoNodeException none) {
      return Optional.empty();
    } catch (Exception e) {
      throw Coordinated.failed("can't read " + givenUp(id), e);
    }
  }

  /** Lets the next operation begin, if this one is still the one under way. */
  void finish(String id) {
    try {
      Optional<UnderWay> now = underWayNow().filter(one -> one.id().equals(id));
      if (now.isPresent()) {
        client.delete().withVersion(now.get().version()).forPath(UNDER_WAY);
      }
    } catch (KeeperException.NoNodeException | KeeperException.BadVersionException done) {
      // finished already
    } catch (Exception e) {
      throw Coordinated.failed("can't finish " + id, e);
    }
  }

  /** As this session sees it. */
  private Optional<UnderWay> underWayNow() throws Exception {
    Stat stat = new Stat();
    try {
      byte[] id = client.getData().storingStatIn(stat).forPath(UNDER_WAY);
      return Optional.of(new UnderWay(new String(id, StandardCharsets.UTF_8), stat.getVersion()));
    } catch (KeeperException.NoNodeException none) {
      return Optional.empty();
    }
  }

  private static String givenUp(String id) {
    return path(id) + "/give-up";
  }

  private static String path(String id) {
    return ALL + "/" + id;
  }

  private static byte[] bytes(Operation operation) {
    return Json.write(operation).getBytes(StandardCharsets.UTF_8);
  }
}
