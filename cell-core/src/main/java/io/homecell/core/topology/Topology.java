package io.homecell.core.topology;

import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What exists: the content of {@code topology.yaml}, already validated as a whole.
 *
 * <p>Built by {@link TopologyFile}; an instance never refers to a datacenter or cell that it lacks,
 * and its cells cover every slot exactly once. Maps keep the order of the file. Immutable.
 */
public record Topology(
    Slots slots,
    Coordination coordination,
    Map<String, Datacenter> datacenters,
    Map<String, Cell> cells,
    Map<String, Service> services,
    Edge edge,
    Map<String, Job> jobs,
    Replication replication) {

  public Topology {
    datacenters = ordered(datacenters);
    cells = ordered(cells);
    services = ordered(services);
    jobs = ordered(jobs);
  }

  /** With the usual replication. */
  public Topology(
      Slots slots,
      Coordination coordination,
      Map<String, Datacenter> datacenters,
      Map<String, Cell> cells,
      Map<String, Service> services,
      Edge edge,
      Map<String, Job> jobs) {
    this(slots, coordination, datacenters, cells, services, edge, jobs, Replication.USUAL);
  }

  private static <T> Map<String, T> ordered(Map<String, T> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  /**
   * The global coordination service.
   *
   * @param zookeeper its connect string
   * @param sessionTimeout of its clients
   * @param lease how long a cell may write after the last proof that it may
   * @param moveInterval how long moved slots stay before a switchover of the same ones is refused;
   *     zero if never
   */
  public record Coordination(
      String zookeeper, Duration sessionTimeout, Duration lease, Duration moveInterval) {
    /** What {@code move-interval} is if it is not written. */
    public static final Duration MOVE_INTERVAL = Duration.ofMinutes(5);

    /** With the default interval between moves. */
    public Coordination(String zookeeper, Duration sessionTimeout, Duration lease) {
      this(zookeeper, sessionTimeout, lease, MOVE_INTERVAL);
    }
  }

  /** A host and a TCP port, written {@code 127.0.0.1:3411}. */
  public record Endpoint(String host, int port) {
    @Override
    public String toString() {
      return host + ":" + port;
    }
  }

  /**
   * A site with its own routers, registry and cells.
   *
   * @param registry the connect string of its own ZooKeeper, with the path under which its
   *     instances register, such as {@code 127.0.0.1:2181/north}
   * @param failsafe where its coordinators confirm to the lease keepers of the other datacenters
   *     that no failover has begun, one address for each coordinator; empty if failsafe mode is off
   * @param peer where its routers take what other datacenters' routers forward, over mutual TLS and
   *     HTTP/2; empty if they take it at {@code router}, as plain HTTP
   */
  public record Datacenter(
      String name,
      String site,
      Endpoint router,
      String registry,
      List<Endpoint> failsafe,
      Optional<Endpoint> peer) {
    public Datacenter {
      failsafe = List.copyOf(failsafe);
    }

    /** Without a port for other routers. */
    public Datacenter(
        String name, String site, Endpoint router, String registry, List<Endpoint> failsafe) {
      this(name, site, router, registry, failsafe, Optional.empty());
    }

    /** Without failsafe mode. */
    public Datacenter(String name, String site, Endpoint router, String registry) {
      this(name, site, router, registry, List.of());
    }
  }

  /** Service instances plus one MySQL, pinned to one datacenter; home of the slots given. */
  public record Cell(
      String name, String datacenter, String group, List<SlotRange> slots, Endpoint mysql) {
    public Cell {
      slots = List.copyOf(slots);
    }

    public boolean isHomeOf(int slot) {
      return slots.stream().anyMatch(range -> range.contains(slot));
    }
  }

  /**
   * What the router needs.
   *
   * @param identity where the caller's identity is found, if a route does not say otherwise
   * @param routes in order
   * @param trusted from where headers are believed to name a user; empty if from anywhere
   */
  public record Edge(
      List<IdentitySource> identity, List<EdgeRoute> routes, List<AddressRange> trusted) {
    public Edge {
      identity = List.copyOf(identity);
      routes = List.copyOf(routes);
      trusted = List.copyOf(trusted);
    }

    /** With headers believed from anywhere. */
    public Edge(List<IdentitySource> identity, List<EdgeRoute> routes) {
      this(identity, routes, List.of());
    }
  }

  /**
   * Where a request names its user, tried in order. A token proves it; a header is believed as far
   * as its sender is; cookie, query and path are the client's own words: they tell the slot, and
   * nobody takes them for the user.
   */
  public sealed interface IdentitySource {
    /** A claim of the bearer token, written {@code jwt:sub}. */
    record JwtClaim(String claim) implements IdentitySource {}

    /** A header, written {@code header:X-User-Id}. */
    record Header(String name) implements IdentitySource {}

    /** A cookie, written {@code cookie:uid}. */
    record Cookie(String name) implements IdentitySource {}

    /** A parameter of the query, written {@code query:user}. */
    record Query(String name) implements IdentitySource {}

    /** A variable of the route's path, written {@code path:user}. */
    record PathVariable(String name) implements IdentitySource {}
  }

  /**
   * What a route says of identity by itself.
   *
   * @param sources instead of the edge's; empty if those hold
   * @param nearestWithoutKey whether a request that names nobody goes to the nearest datacenter; it
   *     is refused otherwise
   */
  public record RouteIdentity(Optional<List<IdentitySource>> sources, boolean nearestWithoutKey) {
    /** Nothing. */
    public static final RouteIdentity OF_THE_EDGE = new RouteIdentity(Optional.empty(), false);

    public RouteIdentity {
      sources = sources.map(List::copyOf);
    }
  }

  /**
   * One route of the edge.
   *
   * @param path a pattern of literal segments, {@code {name}} for one segment, {@code **} at the
   *     end for any rest, the empty one included
   * @param method the only method it serves; empty for any
   * @param quota how much of it the edge lets through
   * @param nearLagMax how far the copy of this datacenter may be behind the owner to answer GET and
   *     HEAD in its place; empty if only the owner answers
   */
  public record EdgeRoute(
      String path,
      Optional<String> method,
      Target target,
      String service,
      Quota quota,
      RouteIdentity identity,
      Optional<Duration> nearLagMax) {

    /** Answered by the owner only. */
    public EdgeRoute(
        String path,
        Optional<String> method,
        Target target,
        String service,
        Quota quota,
        RouteIdentity identity) {
      this(path, method, target, service, quota, identity, Optional.empty());
    }

    /** Without a quota, with the identity that holds for the whole edge. */
    public EdgeRoute(String path, Optional<String> method, Target target, String service) {
      this(path, method, target, service, Quota.USUAL, RouteIdentity.OF_THE_EDGE);
    }
  }

  /**
   * How much of a route's traffic the edge lets through.
   *
   * @param priority which requests are refused first when a cell has too many
   * @param perUser of one user; empty for no bound
   * @param perRoute of all users together; empty for no bound
   */
  public record Quota(Priority priority, Optional<Rate> perUser, Optional<Rate> perRoute) {
    /** Where nothing is said. */
    public static final Quota USUAL =
        new Quota(Priority.NORMAL, Optional.empty(), Optional.empty());
  }

  /** What is refused last comes first. */
  public enum Priority {
    CRITICAL,
    NORMAL,
    SHEDDABLE
  }

  /**
   * So many requests in so long, written {@code 20/s}; as many may come at once.
   *
   * @param requests 1 or more
   */
  public record Rate(int requests, Duration per) {}

  /** Where a route's requests go. */
  public sealed interface Target {
    /** To the nearest datacenter: the one that the request reached. */
    record Nearest() implements Target {}

    /** To the owner of the slot of a path variable. */
    record SlotOfVariable(String variable) implements Target {}

    /** To the owner of the slot of the caller's identity. */
    record SlotOfIdentity() implements Target {}
  }

  /**
   * A scheduled job.
   *
   * @param cron a Quartz expression with seconds
   */
  public record Job(String name, String cron, Scope scope) {
    /** Where a job runs. */
    public sealed interface Scope {
      /** In one datacenter; {@code followsFailover} says whether a failover takes it along. */
      record InDatacenter(String datacenter, boolean followsFailover) implements Scope {}

      /** Once for each cell, in the cell's datacenter. */
      record EachCell() implements Scope {}
    }
  }

  /**
   * How cells of a group follow each other.
   *
   * @param throttleLag load, verification and repair wait while replication that they are in the
   *     way of is further behind
   */
  public record Replication(Capture capture, Duration throttleLag, Stranded stranded) {
    /** Where nothing else is said. */
    public static final Replication USUAL =
        new Replication(Capture.DEBEZIUM, Duration.ofSeconds(2), Stranded.QUARANTINE_ALL);
  }

  /** What becomes of a transaction that came too late. */
  public enum Stranded {
    /** A person decides on each. */
    QUARANTINE_ALL,
    /**
     * Those whose rows are all as they had found them are replayed; a person decides on the rest.
     */
    REPLAY_CLEAN
  }

  /** How changes are read from a cell's MySQL. */
  public enum Capture {
    /** Through Debezium's connector. */
    DEBEZIUM,
    /** From the server's log, without Debezium. */
    BINLOG
  }

  /** The cells of a datacenter, in the order of the file. */
  public List<Cell> cellsIn(String datacenter) {
    return cells.values().stream().filter(cell -> cell.datacenter().equals(datacenter)).toList();
  }

  /** The cells of a group, in the order of the file. */
  public List<Cell> cellsOfGroup(String group) {
    return cells.values().stream().filter(cell -> cell.group().equals(group)).toList();
  }

  /** The services that are written in one datacenter and readable everywhere. */
  public List<Service.Copy> copies() {
    return services.values().stream()
        .filter(Service.Copy.class::isInstance)
        .map(Service.Copy.class::cast)
        .toList();
  }

  /**
   * The one cell that writes a copy service: the first of its center datacenter, in the order of
   * the file. Every other cell, also one of the same datacenter, only reads it.
   */
  public Cell centerOf(Service.Copy copy) {
    return cellsIn(copy.center()).get(0);
  }

  /** The group names, in the order of the file. */
  public List<String> groups() {
    return cells.values().stream().map(Cell::group).distinct().toList();
  }

  /**
   * The cell that owns a slot when nothing is wrong.
   *
   * @throws IllegalArgumentException if the deployment has no such slot
   */
  public Cell homeOf(int slot) {
    for (Cell cell : cells.values()) {
      if (cell.isHomeOf(slot)) {
        return cell;
      }
    }
    throw new IllegalArgumentException(
        "slot: " + slot + " (expected: 0 to " + (slots.count() - 1) + ")");
  }

  /**
   * The cell of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Cell cell(String name) {
    Cell cell = cells.get(name);
    if (cell == null) {
      throw new IllegalArgumentException(
          "cell: '" + name + "' (expected: one of " + cells.keySet() + ")");
    }
    return cell;
  }

  /**
   * The datacenter of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Datacenter datacenter(String name) {
    Datacenter datacenter = datacenters.get(name);
    if (datacenter == null) {
      throw new IllegalArgumentException(
          "datacenter: '" + name + "' (expected: one of " + datacenters.keySet() + ")");
    }
    return datacenter;
  }

  /**
   * The cell that takes over a cell's slots in another datacenter: the one of the same group there.
   */
  public Optional<Cell> peerIn(Cell cell, String datacenter) {
    List<Cell> peers = new ArrayList<>(cellsOfGroup(cell.group()));
    peers.removeIf(peer -> !peer.datacenter().equals(datacenter));
    return peers.stream().findFirst();
  }
}
