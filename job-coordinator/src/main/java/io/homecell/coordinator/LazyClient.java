package io.homecell.coordinator;

import io.homecell.core.process.ProcessSettings;
import io.homecell.core.route.RouteWatch;
import io.homecell.core.rpc.HomeClient;
import io.homecell.core.topology.Topology;
import java.time.Duration;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;

/** An RPC client that is opened when it is first asked for. Safe for any number of threads. */
final class LazyClient implements AutoCloseable {
  private static final Duration FIRST_TABLE_WITHIN = Duration.ofSeconds(10);

  private record Opened(HomeClient client, RouteWatch routes) {}

  private final Topology topology;
  private final CuratorFramework coordination;
  private final ProcessSettings settings;
  private Optional<Opened> opened = Optional.empty();

  LazyClient(Topology topology, CuratorFramework coordination, ProcessSettings settings) {
    this.topology = topology;
    this.coordination = coordination;
    this.settings = settings;
  }

  synchronized HomeClient get() {
    if (opened.isEmpty()) {
      RouteWatch routes =
          RouteWatch.start(
              coordination,
              settings.data().resolve("routes.json"),
              topology.slots(),
              FIRST_TABLE_WITHIN);
      HomeClient client =
          HomeClient.open(topology, routes, settings.instance(), settings.data().resolve("dubbo"));
      opened = Optional.of(new Opened(client, routes));
    }
    return opened.get().client();
  }

  @Override
  public synchronized void close() {
    opened.ifPresent(
        known -> {
          known.client().close();
          known.routes().close();
        });
    opened = Optional.empty();
  }
}
