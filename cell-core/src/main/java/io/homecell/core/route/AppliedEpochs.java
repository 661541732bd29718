package io.homecell.core.route;

import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.coordination.EphemeralNode;
import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;
import org.apache.zookeeper.KeeperException;

/**
 * Which route table each process has applied, at {@code /homecell/applied/<role>/<instance>}: an
 * operation waits for all of them and names the ones that lag. Ephemeral: a dead process is not
 * waited for once its session has ended.
 */
public final class AppliedEpochs {
  private static final String ROOT = "/homecell/applied";

  /**
   * What a process has applied.
   *
   * @param epoch the route table's
   * @param admin host and port of its admin port, if it tells
   */
  public record Applied(
      String role,
      String instance,
      String datacenter,
      Optional<String> cell,
      long epoch,
      Optional<String> admin) {}

  private record Content(
      String datacenter, Optional<String> cell, long epoch, Optional<String> admin) {}

  private final CuratorFramework client;

  public AppliedEpochs(CuratorFramework client) {
    this.client = client;
  }

  /** As the one with an admin port, for a process that nobody asks. */
  public static AutoCloseable publish(
      CuratorFramework client,
      Routes routes,
      String role,
      String instance,
      String datacenter,
      Optional<String> cell) {
    return publish(client, routes, role, instance, datacenter, cell, Optional.empty());
  }

  /**
   * Publishes what a process applies: now, after each change of the table and after a session loss,
   * until the result is closed.
   *
   * @param admin host and port of its admin port
   */
  public static AutoCloseable publish(
      CuratorFramework client,
      Routes routes,
      String role,
      String instance,
      String datacenter,
      Optional<String> cell,
      Optional<String> admin) {
    Supplier<String> content =
        () -> Json.write(new Content(datacenter, cell, routes.current().epoch(), admin));
    EphemeralNode node =
        EphemeralNode.hold(client, ROOT + "/" + role + "/" + instance, content.get());
    Runnable tell =
        () -> {
          // Under a lock, so that the last write is of the last table.
          synchronized (node) {
            node.set(content.get());
          }
        };
    AutoCloseable listening = routes.onChange(newer -> tell.run());
    // A table that came between the two steps above was not told to the listener.
    tell.run();
    return () -> {
      listening.close();
      node.close();
    };
  }

  /**
   * What every process has applied, in no order.
   *
   * @throws CoordinationException if ZooKeeper does not answer
   */
  public List<Applied> list() {
    List<Applied> applied = new ArrayList<>();
    for (String role : children(ROOT)) {
      for (String instance : children(ROOT + "/" + role)) {
        read(role, instance).ifPresent(applied::add);
      }
    }
    return applied;
  }

  private Optional<Applied> read(String role, String instance) {
    String path = ROOT + "/" + role + "/" + instance;
    try {
      Content content =
          Json.read(
              new String(client.getData().forPath(path), StandardCharsets.UTF_8), Content.class);
      return Optional.of(
          new Applied(
              role,
              instance,
              content.datacenter(),
              content.cell(),
              content.epoch(),
              content.admin()));
    } catch (KeeperException.NoNodeException gone) {
      return Optional.empty();
    } catch (Exception e) {
      throw failed("can't read " + path, e);
    }
  }

  private List<String> children(String path) {
    try {
      return client.getChildren().forPath(path);
    } catch (KeeperException.NoNodeException none) {
      return List.of();
    } catch (Exception e) {
      throw failed("can't list " + path, e);
    }
  }

  private static CoordinationException failed(String what, Exception e) {
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    return new CoordinationException(what + ": " + e.getMessage(), e);
  }
}
