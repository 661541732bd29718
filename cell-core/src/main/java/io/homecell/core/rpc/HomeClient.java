package io.homecell.core.rpc;

import io.homecell.core.fence.NotHomeException;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;
import org.apache.dubbo.remoting.Constants;
import org.apache.dubbo.rpc.RpcContext;
import org.apache.dubbo.rpc.RpcException;
import org.apache.dubbo.rpc.model.ApplicationModel;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls services of cells: each call goes to the cell that owns the slot of its {@link SlotOf}
 * argument now, whichever datacenter that is in.
 *
 * <p>Invariant upheld: a call is sent again only after a refusal that came before any effect
 * ({@link NotHomeException}), and then once, after this process knows of the change. Anything else
 * reaches the caller typed: {@link OwnerUnavailableException} (no effect) or {@link
 * CallUnknownException}. Thread-safe.
 */
public final class HomeClient implements AutoCloseable {
  /** How long a call waits for its answer unless said otherwise. */
  public static final Duration CALL_TIMEOUT = Duration.ofSeconds(3);

  /** How long a refused call waits for the table that names the new owner. */
  private static final Duration TABLE_WAIT = Duration.ofSeconds(5);

  /** An instance that can't be connected to within this time is as good as gone. */
  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

  /** How long a registry that could not be reached is not asked again. */
  private static final Duration REGISTRY_PAUSE = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(HomeClient.class);

  private final Topology topology;
  private final Routes routes;
  private final Path data;
  private final ApplicationModel model;
  private final Map<String, Reference> references = new ConcurrentHashMap<>();

  private HomeClient(Topology topology, Routes routes, Path data, ApplicationModel model) {
    this.topology = topology;
    this.routes = routes;
    this.data = data;
    this.model = model;
  }

  /**
   * Opens a client.
   *
   * @param application its name in logs and registries, such as {@code trade-north-1}
   * @param data a folder of this process's own
   */
  public static HomeClient open(Topology topology, Routes routes, String application, Path data) {
    ApplicationModel model = DubboParts.application(application + "-client", data);
    DubboBootstrap bootstrap = DubboBootstrap.getInstance(model);
    for (Topology.Datacenter datacenter : topology.datacenters().values()) {
      bootstrap.registry(
          DubboParts.registry(model, datacenter, topology.coordination().sessionTimeout(), data));
    }
    bootstrap.start();
    return new HomeClient(topology, routes, data, model);
  }

  /** A service whose every method has a {@link SlotOf} argument; an answer may take 3 s. */
  public <T> T of(Class<T> type) {
    return of(type, CALL_TIMEOUT);
  }

  /** The same with a time limit of its own for each call. */
  public <T> T of(Class<T> type, Duration callTimeout) {
    warmUp(type, callTimeout);
    return proxy(
        type, (proxy, method, arguments) -> callOwner(type, method, arguments, callTimeout));
  }

  /**
   * A service of one cell, whoever owns the slots: for work that is bound to a cell.
   *
   * @throws IllegalArgumentException if there is no such cell
   */
  public <T> T ofCell(Class<T> type, String cell, Duration callTimeout) {
    topology.cell(cell);
    return proxy(
        type, (proxy, method, arguments) -> call(type, cell, method, arguments, null, callTimeout));
  }

  private static <T> T proxy(Class<T> type, InvocationHandler calls) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              if (method.getDeclaringClass() == Object.class) {
                return switch (method.getName()) {
                  case "hashCode" -> System.identityHashCode(proxy);
                  case "equals" -> proxy == arguments[0];
                  default -> "client of " + type.getName();
                };
              }
              return calls.invoke(proxy, method, arguments == null ? new Object[0] : arguments);
            }));
  }

  private @Nullable Object callOwner(
      Class<?> type, Method method, Object[] arguments, Duration timeout) throws Throwable {
    OptionalLong id = SlotParameter.idOf(method, arguments);
    if (id.isEmpty()) {
      throw new IllegalArgumentException(
          method + " can't be sent to a home (expected: an argument marked @SlotOf with an id)");
    }
    RouteTable table = routes.current();
    int slot = table.slots().of(id.getAsLong());
    try {
      return call(type, table.of(slot).owner(), method, arguments, Call.of(slot, table), timeout);
    } catch (NotHomeException refused) {
      RouteTable newer = routes.awaitSlotEpoch(slot, refused.epoch(), TABLE_WAIT);
      return call(type, newer.of(slot).owner(), method, arguments, Call.of(slot, newer), timeout);
    }
  }

  /** The slot of a call and the epoch under which it is sent. */
  private record Call(int slot, long epoch) {
    static Call of(int slot, RouteTable table) {
      SlotRoute route = table.of(slot);
      return new Call(slot, route.epoch());
    }
  }

  private @Nullable Object call(
      Class<?> type,
      String cell,
      Method method,
      Object[] arguments,
      @Nullable Call call,
      Duration timeout)
      throws Throwable {
    Object reference = reference(type, topology.cell(cell).datacenter(), timeout);
    RpcContext.getClientAttachment().setAttachment(Attachments.CELL, cell);
    if (call != null) {
      RpcContext.getClientAttachment()
          .setAttachment(Attachments.SLOT, Integer.toString(call.slot()))
          .setAttachment(Attachments.EPOCH, Long.toString(call.epoch()));
    }
    try {
      return method.invoke(reference, arguments);
    } catch (InvocationTargetException e) {
      throw typed(e.getCause() == null ? e : e.getCause(), type, cell);
    } finally {
      RpcContext.removeClientAttachment();
    }
  }

  private static Throwable typed(Throwable thrown, Class<?> type, String cell) {
    if (!(thrown instanceof RpcException rpc)) {
      return thrown;
    }
    String message = type.getSimpleName() + " of " + cell + ": " + rpc.getMessage();
    if (rpc.isNoInvokerAvailableAfterFilter() || rpc.isForbidden() || rpc.isLimitExceed()) {
      return new OwnerUnavailableException(message, rpc);
    }
    return new CallUnknownException(message, rpc);
  }

  /** Finds the instances everywhere before the first call needs them: that takes a while. */
  private void warmUp(Class<?> type, Duration timeout) {
    Thread warming =
        new Thread(
            () -> {
              for (String datacenter : topology.datacenters().keySet()) {
                try {
                  reference(type, datacenter, timeout);
                } catch (OwnerUnavailableException notYet) {
                  log.info("{}", notYet.getMessage());
                }
              }
            },
            "warm up " + type.getSimpleName());
    warming.setDaemon(true);
    warming.start();
  }

  private Object reference(Class<?> type, String datacenter, Duration timeout) {
    String key = type.getName() + "@" + datacenter + "/" + timeout.toMillis();
    return references
        .computeIfAbsent(key, absent -> new Reference(type, datacenter, timeout))
        .get();
  }

  /** Dubbo's proxy for a service in one datacenter, made when it is first asked for. */
  private final class Reference {
    private final Class<?> type;
    private final String datacenter;
    private final Duration timeout;
    private @Nullable Object proxy;
    private @Nullable RuntimeException failure;
    private long failedAtNanos;

    Reference(Class<?> type, String datacenter, Duration timeout) {
      this.type = type;
      this.datacenter = datacenter;
      this.timeout = timeout;
    }

    /**
     * @throws OwnerUnavailableException if the registry can't be reached; told at once for a while
     */
    synchronized Object get() {
      if (proxy != null) {
        return proxy;
      }
      if (failure == null || System.nanoTime() - failedAtNanos > REGISTRY_PAUSE.toNanos()) {
        try {
          Object made = refer(type, datacenter, timeout);
          proxy = made;
          return made;
        } catch (RuntimeException e) {
          failure = e;
          failedAtNanos = System.nanoTime();
        }
      }
      throw new OwnerUnavailableException(
          type.getSimpleName() + " in " + datacenter + ": the registry can't be reached", failure);
    }
  }

  private Object refer(Class<?> type, String datacenter, Duration timeout) {
    ReferenceConfig<Object> reference = new ReferenceConfig<>(model.getDefaultModule());
    reference.setInterface(type);
    reference.setRegistry(
        DubboParts.registry(
            model,
            topology.datacenter(datacenter),
            topology.coordination().sessionTimeout(),
            data));
    reference.setProtocol("tri");
    reference.setCheck(false);
    reference.setCluster("failfast");
    reference.setRetries(0);
    reference.setRouter(CellRouterFactory.NAME);
    reference.setTimeout((int) timeout.toMillis());
    reference.setScope("remote");
    reference.setParameters(
        Map.of(
            "migration.step",
            "FORCE_INTERFACE",
            Constants.CONNECT_TIMEOUT_KEY,
            Long.toString(CONNECT_TIMEOUT.toMillis())));
    return reference.get();
  }

  @Override
  public void close() {
    model.destroy();
  }
}
