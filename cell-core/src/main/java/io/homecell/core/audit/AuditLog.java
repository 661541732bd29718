package io.homecell.core.audit;

import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.api.transaction.CuratorOp;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;

/**
 * The audit log, at {@code /homecell/audit/<day>/e<number>}: a node for each entry, numbered by the
 * coordination service, never changed and never removed by any process. A folder for each day (UTC)
 * bounds what one listing answers.
 *
 * <p>Safe for any number of threads and processes. Tested in {@code AuditLogIT}.
 */
public final class AuditLog {
  private static final String ROOT = "/homecell/audit";

  /** Some entries, newest first, and where to go on. */
  public record Page(List<Numbered> items, Optional<String> next) {}

  /** An entry and its place in the log, such as {@code 2026-11-27/e0000000012}. */
  public record Numbered(String id, AuditEntry entry) {}

  private final CuratorFramework client;

  public AuditLog(CuratorFramework client) {
    this.client = client;
  }

  /**
   * Appends an entry; without a connection it gives up at once.
   *
   * @throws CoordinationException if ZooKeeper does not answer: it may or may not be there
   */
  public void append(AuditEntry entry) {
    if (!client.getZookeeperClient().isConnected()) {
      throw new CoordinationException("can't write the audit log: no connection to ZooKeeper");
    }
    try {
      client
          .create()
          .creatingParentsIfNeeded()
          .withMode(CreateMode.PERSISTENT_SEQUENTIAL)
          .forPath(path(entry), bytes(entry));
    } catch (Exception e) {
      throw failed("can't write the audit log", e);
    }
  }

  /**
   * The append as a part of a transaction with what it tells of: both are there, or neither.
   *
   * @throws CoordinationException if ZooKeeper does not answer
   */
  public CuratorOp appending(AuditEntry entry) {
    try {
      makeDay(day(entry));
      return client
          .transactionOp()
          .create()
          .withMode(CreateMode.PERSISTENT_SEQUENTIAL)
          .forPath(path(entry), bytes(entry));
    } catch (Exception e) {
      throw failed("can't write the audit log", e);
    }
  }

  /** Looked at each time: a coordination service that was restored may have lost it. */
  private void makeDay(String day) throws Exception {
    String path = ROOT + "/" + day;
    if (client.checkExists().forPath(path) == null) {
      client.create().orSetData().creatingParentsIfNeeded().forPath(path, new byte[0]);
    }
  }

  /**
   * Reads a page, newest first.
   *
   * @param since nothing that is older
   * @param before the {@code next} of the page before
   * @param max entries, at least one
   * @throws CoordinationException if ZooKeeper does not answer
   * @throws IllegalArgumentException if {@code before} is not what a page has told
   */
  public Page read(Instant since, Optional<String> before, int max) {
    before.ifPresent(AuditLog::requireId);
    List<Numbered> items = new ArrayList<>();
    String firstDay = LocalDate.ofInstant(since, ZoneOffset.UTC).toString();
    for (String day : newestFirst(ROOT)) {
      boolean inRange =
          day.compareTo(firstDay) >= 0
              && before.map(id -> day.compareTo(dayOf(id)) <= 0).orElse(true);
      if (!inRange) {
        continue;
      }
      for (String name : newestFirst(ROOT + "/" + day)) {
        String id = day + "/" + name;
        if (before.isPresent() && id.compareTo(before.get()) >= 0) {
          continue;
        }
        Optional<AuditEntry> entry = entry(id).filter(one -> !one.at().isBefore(since));
        if (entry.isPresent() && items.size() == max) {
          return new Page(items, Optional.of(items.get(max - 1).id()));
        }
        entry.ifPresent(one -> items.add(new Numbered(id, one)));
      }
    }
    return new Page(items, Optional.empty());
  }

  private static void requireId(String id) {
    if (!id.matches("\\d{4}-\\d{2}-\\d{2}/e\\d{10}")) {
      throw new IllegalArgumentException(
          "cursor: '" + id + "' (expected: the next of an earlier answer)");
    }
  }

  private static String dayOf(String id) {
    return id.substring(0, id.indexOf('/'));
  }

  private List<String> newestFirst(String path) {
    try {
      List<String> names = new ArrayList<>(client.getChildren().forPath(path));
      names.sort(Comparator.reverseOrder());
      return names;
    } catch (KeeperException.NoNodeException none) {
      return List.of();
    } catch (Exception e) {
      throw failed("can't read the audit log", e);
    }
  }

  private Optional<AuditEntry> entry(String id) {
    try {
      byte[] bytes = client.getData().forPath(ROOT + "/" + id);
      return Optional.of(Json.read(new String(bytes, StandardCharsets.UTF_8), AuditEntry.class));
    } catch (KeeperException.NoNodeException taken) {
      return Optional.empty(); // a person has removed the day
    } catch (Exception e) {
      throw failed("can't read the audit log at " + id, e);
    }
  }

  private static String day(AuditEntry entry) {
    return LocalDate.ofInstant(entry.at(), ZoneOffset.UTC).toString();
  }

  private static String path(AuditEntry entry) {
    return ROOT + "/" + day(entry) + "/e";
  }

  private static byte[] bytes(AuditEntry entry) {
    return Json.write(entry).getBytes(StandardCharsets.UTF_8);
  }

  private static CoordinationException failed(String what, Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    return new CoordinationException(what + ": " + e.getMessage(), e);
  }
}
