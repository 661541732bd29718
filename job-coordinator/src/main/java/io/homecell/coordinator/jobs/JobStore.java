package io.homecell.coordinator.jobs;

import io.homecell.coordinator.cells.Coordinated;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.Stat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A job's records below {@code /homecell/jobs/<job>}: {@code owner}, {@code runs/<due>}, {@code
 * workers/<instance>}. Safe for any number of threads and processes; every method throws {@link
 * CoordinationException} if ZooKeeper does not answer.
 */
final class JobStore {
  private static final Logger log = LoggerFactory.getLogger(JobStore.class);
  private static final int RUNS_KEPT = 100;

  /** What an owner record holds. */
  private record OwnerJson(String datacenter, long epoch, JobOwner.State state) {}

  /** What a coordinator says of itself: which ownership it has taken note of, and how it stands. */
  record Worker(String instance, String datacenter, long epoch, boolean idle) {}

  /** A run and the version of its znode. */
  record StoredRun(JobRun run, int version) {}

  private final CuratorFramework client;

  JobStore(CuratorFramework client) {
    this.client = client;
  }

  static String ownerPath(JobUnit unit) {
    return unit.path() + "/owner";
  }

  static String workerPath(JobUnit unit, String instance) {
    return unit.path() + "/workers/" + instance;
  }

  static String runningPath(JobUnit unit) {
    return unit.path() + "/running";
  }

  private static String runsPath(JobUnit unit) {
    return unit.path() + "/runs";
  }

  private static String runPath(JobUnit unit, Instant dueAt) {
    return runsPath(unit) + "/" + String.format(Locale.ROOT, "%013d", dueAt.toEpochMilli());
  }

  /** The owner of a pinned job. */
  Optional<JobOwner> owner(JobUnit unit) {
    Stat stat = new Stat();
    try {
      byte[] bytes = client.getData().storingStatIn(stat).forPath(ownerPath(unit));
      OwnerJson owner = Json.read(text(bytes), OwnerJson.class);
      return Optional.of(
          new JobOwner(owner.datacenter(), owner.epoch(), owner.state(), stat.getVersion()));
    } catch (KeeperException.NoNodeException none) {
      return Optional.empty();
    } catch (Exception e) {
      throw Coordinated.failed("can't read " + ownerPath(unit), e);
    }
  }

  void createOwner(JobUnit unit, String datacenter) {
    try {
      client
          .create()
          .creatingParentsIfNeeded()
          .forPath(ownerPath(unit), bytes(new OwnerJson(datacenter, 1, JobOwner.State.ACTIVE)));
    } catch (KeeperException.NodeExistsException exists) {
      // whoever made it, made the same
    } catch (Exception e) {
      throw Coordinated.failed("can't create " + ownerPath(unit), e);
    }
  }

  /**
   * Changes the owner.
   *
   * @return the new record; empty if it has been changed since {@code before} was read
   */
  Optional<JobOwner> change(
      JobUnit unit, JobOwner before, String datacenter, long epoch, JobOwner.State state) {
    try {
      Stat stat =
          client
              .setData()
              .withVersion(before.version())
              .forPath(ownerPath(unit), bytes(new OwnerJson(datacenter, epoch, state)));
      return Optional.of(new JobOwner(datacenter, epoch, state, stat.getVersion()));
    } catch (KeeperException.BadVersionException raced) {
      return owner(unit)
          .filter(
              now ->
                  now.version() == before.version() + 1
                      && now.datacenter().equals(datacenter)
                      && now.epoch() == epoch
                      && now.state() == state);
    } catch (Exception e) {
      throw Coordinated.failed("can't write " + ownerPath(unit), e);
    }
  }

  /** When the job came into being; empty if it has not. */
  Optional<Instant> began(JobUnit unit) {
    try {
      Stat stat = client.checkExists().forPath(unit.path());
      return Optional.ofNullable(stat).map(found -> Instant.ofEpochMilli(found.getCtime()));
    } catch (Exception e) {
      throw Coordinated.failed("can't read " + unit.path(), e);
    }
  }

  /** The coordinators that have a part in a job now. */
  List<Worker> workers(JobUnit unit) {
    List<Worker> workers = new ArrayList<>();
    String path = unit.path() + "/workers";
    try {
      for (String name : client.getChildren().forPath(path)) {
        try {
          workers.add(Json.read(text(client.getData().forPath(path + "/" + name)), Worker.class));
        } catch (KeeperException.NoNodeException gone) {
          log.debug("{} is gone", name);
        }
      }
      return workers;
    } catch (KeeperException.NoNodeException none) {
      return List.of();
    } catch (Exception e) {
      throw Coordinated.failed("can't list " + path, e);
    }
  }

  /** All runs, oldest first. */
  List<StoredRun> runs(JobUnit unit) {
    List<StoredRun> runs = new ArrayList<>();
    try {
      List<String> names = new ArrayList<>(client.getChildren().forPath(runsPath(unit)));
      names.sort(String::compareTo);
      for (String name : names) {
        Stat stat = new Stat();
        try {
          byte[] bytes = client.getData().storingStatIn(stat).forPath(runsPath(unit) + "/" + name);
          runs.add(new StoredRun(Json.read(text(bytes), JobRun.class), stat.getVersion()));
        } catch (KeeperException.NoNodeException pruned) {
          log.debug("{} was pruned", name);
        }
      }
      return runs;
    } catch (KeeperException.NoNodeException none) {
      return List.of();
    } catch (Exception e) {
      throw Coordinated.failed("can't list " + runsPath(unit), e);
    }
  }

  /**
   * Writes a run.
   *
   * @param version of the record before; empty to make the first
   * @return the version now; empty if somebody else has written it since
   */
  OptionalInt write(JobUnit unit, JobRun run, OptionalInt version) {
    String path = runPath(unit, run.dueAt());
    try {
      if (version.isEmpty()) {
        client.create().creatingParentsIfNeeded().forPath(path, bytes(run));
        return OptionalInt.of(0);
      }
      return OptionalInt.of(
          client.setData().withVersion(version.getAsInt()).forPath(path, bytes(run)).getVersion());
    } catch (KeeperException.NodeExistsException
        | KeeperException.BadVersionException
        | KeeperException.NoNodeException raced) {
      return OptionalInt.empty();
    } catch (Exception e) {
      throw Coordinated.failed("can't write " + path, e);
    }
  }

  /** Keeps the newest records only. */
  void prune(JobUnit unit, List<StoredRun> oldestFirst) {
    for (int i = 0; i < oldestFirst.size() - RUNS_KEPT; i++) {
      String path = runPath(unit, oldestFirst.get(i).run().dueAt());
      try {
        client.delete().forPath(path);
      } catch (KeeperException.NoNodeException gone) {
        log.debug("{} was pruned", path);
      } catch (Exception e) {
        throw Coordinated.failed("can't delete " + path, e);
      }
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static byte[] bytes(Object value) {
    return Json.write(value).getBytes(StandardCharsets.UTF_8);
  }
}
