package io.homecell.core.rpc;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.near.NearReads;
import io.homecell.core.registry.Instance;
import io.homecell.core.registry.InstanceRegistry;
import io.homecell.core.route.Routes;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.curator.framework.CuratorFramework;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;
import org.apache.dubbo.config.nested.RestConfig;
import org.apache.dubbo.config.nested.TripleConfig;
import org.apache.dubbo.registry.RegistryFactory;
import org.apache.dubbo.remoting.RemotingServer;
import org.apache.dubbo.remoting.exchange.PortUnificationExchanger;
import org.apache.dubbo.rpc.model.ApplicationModel;
import org.apache.dubbo.rpc.model.ProviderModel;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service port of a cell's process: Dubbo Triple, RPC and HTTP on one port, bound to and
 * announced as one address only.
 *
 * <p>Invariant upheld: every call to it passes {@link HomeFilter}, so a slot of another cell is
 * refused before any effect, and every HTTP error is problem details. Thread-safe.
 */
public final class CellServer implements AutoCloseable {
  /** The parameter of an instance that names its cell; {@link CellRouter} selects by it. */
  static final String CELL_PARAMETER = "cell";

  private static final int THREADS = 64;

  /** Beyond the threads: a caller waits here instead of being cut off without an answer. */
  private static final int QUEUE = 4_096;

  /** How long consumers and routers have to learn that this instance is leaving. */
  private static final Duration NOTICE = Duration.ofMillis(300);

  private static final Duration DRAIN = Duration.ofSeconds(6);
  private static final Logger log = LoggerFactory.getLogger(CellServer.class);

  /**
   * What a server needs.
   *
   * @param service its name in the registry, such as {@code account}
   * @param instance its name, unique in the deployment
   * @param port 0 takes a free one
   * @param data a folder of its own
   * @param near judges reads of slots that this cell has a copy of; without it none is answered
   */
  public record Settings(
      Topology topology,
      String cell,
      String service,
      String instance,
      String host,
      int port,
      Path data,
      Routes routes,
      MeterRegistry metrics,
      Optional<NearReads> near) {

    /** Of a server that answers for the slots of its cell only. */
    public Settings(
        Topology topology,
        String cell,
        String service,
        String instance,
        String host,
        int port,
        Path data,
        Routes routes,
        MeterRegistry metrics) {
      this(topology, cell, service, instance, host, port, data, routes, metrics, Optional.empty());
    }
  }

  /** A service interface and what serves it. */
  public record Exported<T>(Class<T> type, T service) {
    public static <T> Exported<T> of(Class<T> type, T service) {
      return new Exported<>(type, service);
    }
  }

  private final ApplicationModel model;
  private final Settings settings;
  private final CallsUnderWay calls;
  private final int port;
  private final String address;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** Where the edge finds it; none until it is announced. */
  private Optional<Announced> announced = Optional.empty();

  private record Announced(CuratorFramework registry, AutoCloseable entry) {}

  private CellServer(
      ApplicationModel model, Settings settings, CallsUnderWay calls, int port, String address) {
    this.model = model;
    this.settings = settings;
    this.calls = calls;
    this.port = port;
    this.address = address;
  }

  /**
   * Starts serving, and tells consumers of its RPC services in the registry of the cell's
   * datacenter; the edge learns of it by {@link #announce}.
   *
   * @throws IOException if there is no free port
   * @throws IllegalStateException if the port is taken or Dubbo can't start
   */
  public static CellServer start(Settings settings, List<Exported<?>> exported) throws IOException {
    Topology topology = settings.topology();
    Topology.Datacenter datacenter =
        topology.datacenter(topology.cell(settings.cell()).datacenter());
    int port = settings.port() == 0 ? freePort(settings.host()) : settings.port();
    ApplicationModel model =
        DubboParts.application(settings.service() + "-" + settings.cell(), settings.data());
    CallsUnderWay calls = new CallsUnderWay();
    model
        .getFrameworkModel()
        .getBeanFactory()
        .registerBean(
            new CellContext(
                settings.cell(), settings.routes(), settings.metrics(), calls, settings.near()));
    ProtocolConfig protocol = protocol(model, settings.host(), port);
    RegistryConfig registry =
        DubboParts.registry(
            model, datacenter, topology.coordination().sessionTimeout(), settings.data());
    DubboBootstrap bootstrap =
        DubboBootstrap.getInstance(model).registry(registry).protocol(protocol);
    exported.forEach(each -> bootstrap.service(service(model, each, settings.cell())));
    try {
      bootstrap.start();
    } catch (RuntimeException e) {
      model.destroy();
      throw e;
    }
    log.info(
        "{} serves {} services on {}:{}", settings.cell(), exported.size(), settings.host(), port);
    return new CellServer(model, settings, calls, port, protocol.getHost() + ":" + port);
  }

  /** Tells the edges of the cell's datacenter of this instance, for as long as it serves. */
  public synchronized void announce() {
    Topology topology = settings.topology();
    CuratorFramework registry =
        Coordination.startRegistry(
            topology.datacenter(topology.cell(settings.cell()).datacenter()),
            topology.coordination().sessionTimeout());
    announced =
        Optional.of(
            new Announced(
                registry,
                InstanceRegistry.register(
                    registry,
                    new Instance(
                        settings.service(),
                        settings.cell(),
                        settings.instance(),
                        settings.host(),
                        port))));
  }

  private static ProtocolConfig protocol(ApplicationModel model, String host, int port) {
    ProtocolConfig protocol = new ProtocolConfig(model);
    protocol.setName("tri");
    protocol.setHost(DubboParts.address(host));
    protocol.setPort(port);
    protocol.setThreadpool("fixed");
    protocol.setThreads(THREADS);
    protocol.setQueues(QUEUE);
    protocol.setPayload(HttpGuard.BODY_MAX_BYTES);
    TripleConfig triple = new TripleConfig();
    triple.setMaxBodySize(2 * HttpGuard.BODY_MAX_BYTES);
    triple.setVerbose(false);
    // no more than can run or wait: each may hold a body
    triple.setMaxConcurrentStreams(THREADS + QUEUE);
    RestConfig rest = new RestConfig();
    rest.setEnableDefaultMapping(false);
    rest.setTrailingSlashMatch(false);
    rest.setSuffixPatternMatch(false);
    rest.setCaseSensitiveMatch(true);
    rest.setFormatParameterName("hc-format");
    triple.setRest(rest);
    protocol.setTriple(triple);
    return protocol;
  }

  @SuppressWarnings("unchecked")
  private static ServiceConfig<Object> service(
      ApplicationModel model, Exported<?> exported, String cell) {
    ServiceConfig<Object> service = new ServiceConfig<>(model.getDefaultModule());
    service.setInterface((Class<Object>) exported.type());
    service.setRef(exported.service());
    service.setParameters(Map.of(CELL_PARAMETER, cell));
    // ours tells what may go out; Dubbo's own would hide exceptions that the interface does not
    // name
    service.setFilter(HomeFilter.NAME + ",-exception");
    return service;
  }

  private static int freePort(String host) throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(host))) {
      return socket.getLocalPort();
    }
  }

  /** The port that it listens on. */
  public int port() {
    return port;
  }

  /** Takes the services out of the registry, lets the calls under way end, then stops. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    try {
      withdraw();
      Thread.sleep(NOTICE.toMillis());
      if (!calls.awaitNone(DRAIN)) {
        log.warn(
            "{} stops with {} calls under way after {}", settings.cell(), calls.count(), DRAIN);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    model.destroy();
    // ours alone: Dubbo's own way would close every port of the JVM
    RemotingServer server = PortUnificationExchanger.getServers().remove(address);
    if (server != null) {
      server.close();
    }
  }

  /** Takes the instances out of the registry, while calls on their way are still served. */
  private synchronized void withdraw() {
    announced.ifPresent(this::withdraw);
    RegistryFactory registries =
        model.getExtensionLoader(RegistryFactory.class).getAdaptiveExtension();
    for (ProviderModel provider : model.getApplicationServiceRepository().allProviderModels()) {
      for (ProviderModel.RegisterStatedURL url : provider.getStatedUrl()) {
        if (url.isRegistered()) {
          registries.getRegistry(url.getRegistryUrl()).unregister(url.getProviderUrl());
          url.setRegistered(false);
        }
      }
    }
  }

  private void withdraw(Announced edge) {
    try {
      edge.entry().close();
    } catch (Exception e) {
      log.warn(
          "{}: the edge's registry entry ends with the session: {}", settings.cell(), e.toString());
    }
    edge.registry().close();
  }
}
