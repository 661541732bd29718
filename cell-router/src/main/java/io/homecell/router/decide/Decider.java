package io.homecell.router.decide;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Cell;
import io.homecell.core.topology.Topology.Target;
import io.homecell.router.identity.Identity;
import io.homecell.router.path.DecimalId;
import io.homecell.router.path.PlainPath;
import io.homecell.router.path.RouteMatcher;
import io.homecell.router.path.RouteMatcher.Found;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The router's judgement: what a request is about, and where it goes by a table. No I/O, no clock:
 * the same arguments give the same answer. Safe for any number of threads.
 *
 * <p>What it upholds: a request for a slot goes only to the owner that the table names; one that
 * may change something never goes anywhere while its slot moves; one that was forwarded is never
 * forwarded again; nobody routes by a table that is known to be old.
 */
public final class Decider {
  private static final int SHOWN_MAX = 40;

  private final Topology topology;
  private final String datacenter;
  private final RouteMatcher matcher;
  private final List<String> cellsHere;

  /** The cell of this datacenter that has what another one owns, by that one's name. */
  private final Map<String, String> copiesHere;

  // Replaced as a whole; two threads may both make it, which does no harm.
  private volatile @Nullable TableView newest;

  /**
   * @param datacenter the one that this router stands in
   * @throws IllegalArgumentException if the topology lacks it, or its routes are malformed
   */
  public Decider(Topology topology, String datacenter) {
    this.topology = topology;
    this.datacenter = topology.datacenter(datacenter).name();
    this.matcher = new RouteMatcher(topology.edge().routes());
    this.cellsHere = topology.cellsIn(datacenter).stream().map(Cell::name).toList();
    this.copiesHere = new HashMap<>();
    for (Cell cell : topology.cells().values()) {
      topology.peerIn(cell, datacenter).ifPresent(copy -> copiesHere.put(cell.name(), copy.name()));
    }
  }

  /** Whether a method may change something (RFC 9110, 9.2.1). */
  public static boolean isUnsafe(String method) {
    return switch (method) {
      case "GET", "HEAD", "OPTIONS" -> false;
      default -> true;
    };
  }

  /** The route of a request. */
  public Found find(String method, String path) {
    return PlainPath.isPlain(path) ? matcher.find(method, path) : new Found.NotPlain();
  }

  /** As with the route that it takes. */
  public Destination destination(String method, String path, Identity identity) {
    return destination(method, path, find(method, path), identity);
  }

  /** What a request is about. */
  public Destination destination(String method, String path, Found found, Identity identity) {
    if (found instanceof Found.NotPlain) {
      return nowhere(
          400,
          "bad-path",
          "path: dot segments and escapes of slashes or control characters are not routed");
    }
    if (found instanceof Found.Nothing) {
      return nowhere(404, "unknown-route", "no route for " + shortened(path));
    }
    if (found instanceof Found.WrongMethod wrong) {
      return new Destination.Nowhere(
          Refusal.wrongMethod(method, String.join(", ", wrong.allowed())));
    }
    if (identity instanceof Identity.Refused refused) {
      return nowhere(401, "token-refused", refused.reason());
    }
    if (identity instanceof Identity.NotAnId wrong) {
      return nowhere(
          400,
          "user-not-an-id",
          wrong.source() + ": '" + shortened(wrong.value()) + "' (expected: a decimal number)");
    }
    Found.Route route = (Found.Route) found;
    if (route.route().target() instanceof Target.Nearest) {
      return new Destination.Nearest(route);
    }
    return route.route().target() instanceof Target.SlotOfIdentity
        ? ofIdentity(route, identity)
        : ofKey(route);
  }

  private Destination ofIdentity(Found.Route route, Identity identity) {
    if (identity instanceof Identity.Known known) {
      return new Destination.OfSlot(route, topology.slots().of(known.user()));
    }
    if (identity instanceof Identity.Claimed claimed) {
      return new Destination.OfSlot(route, topology.slots().of(claimed.user()));
    }
    Topology.RouteIdentity rule = route.route().identity();
    if (rule.nearestWithoutKey()) {
      return new Destination.Nearest(route);
    }
    return nowhere(
        400,
        "user-unknown",
        "the user can't be told (expected: one of "
            + rule.sources().orElse(topology.edge().identity())
            + ")");
  }

  private Destination ofKey(Found.Route route) {
    String key = route.key().orElseThrow();
    OptionalLong id = DecimalId.parse(key);
    if (id.isEmpty()) {
      return nowhere(
          400,
          "bad-id",
          "path "
              + route.route().path()
              + ": '"
              + shortened(key)
              + "' (expected: a decimal number)");
    }
    return new Destination.OfSlot(route, topology.slots().of(id.getAsLong()));
  }

  private static Destination nowhere(int status, String kind, String detail) {
    return new Destination.Nowhere(Refusal.of(status, kind, detail));
  }

  private static String shortened(String text) {
    return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
  }

  /**
   * Where a request goes by a table.
   *
   * @param unsafe whether it may change something
   * @param hop who forwarded it, if somebody did
   * @param told the newest that a refusal has said of a slot, if one has
   */
  public Decision decide(
      RouteTable table,
      Destination destination,
      boolean unsafe,
      Optional<Hop> hop,
      Optional<Told> told) {
    TableView view = view(table);
    if (isBehind(view, told) || (hop.isPresent() && isBehind(view, hop.get().told()))) {
      return new Decision.Wait(Decision.Reason.TABLE_BEHIND);
    }
    if (destination instanceof Destination.OfSlot ofSlot) {
      return bySlot(view, ofSlot, unsafe, hop);
    }
    if (destination instanceof Destination.Nearest nearest) {
      return nearest(view, nearest, unsafe, hop);
    }
    return new Decision.Refused(((Destination.Nowhere) destination).refusal());
  }

  private boolean isBehind(TableView view, Optional<Told> told) {
    return told.isPresent()
        && topology.slots().contains(told.get().slot())
        && view.of(told.get().slot()).epoch() < told.get().epoch();
  }

  private Decision bySlot(
      TableView view, Destination.OfSlot ofSlot, boolean unsafe, Optional<Hop> hop) {
    SlotRoute route = view.of(ofSlot.slot());
    if (unsafe && route.isMoving()) {
      return new Decision.Wait(Decision.Reason.MOVING);
    }
    String home = topology.cell(route.owner()).datacenter();
    if (home.equals(datacenter)) {
      return new Decision.Local(ofSlot.found().route().service(), List.of(route.owner()));
    }
    Told known = new Told(ofSlot.slot(), route.epoch());
    return hop.isPresent()
        ? new Decision.Misdirected(known)
        : new Decision.Remote(home, route.owner(), Optional.of(known));
  }

  /**
   * Safe requests are served by any cell of this datacenter. An unsafe one needs a cell that owns
   * an open slot, because that is where new ids come from: in a datacenter that was drained there
   * is none, so it goes to one that has.
   */
  private Decision nearest(
      TableView view, Destination.Nearest nearest, boolean unsafe, Optional<Hop> hop) {
    String service = nearest.found().route().service();
    if (!unsafe && !cellsHere.isEmpty()) {
      return new Decision.Local(service, cellsHere);
    }
    List<String> open = cellsHere.stream().filter(view::ownsOpenSlot).toList();
    if (!open.isEmpty()) {
      return new Decision.Local(service, open);
    }
    Optional<Cell> elsewhere =
        topology.cells().values().stream()
            .filter(cell -> view.ownsOpenSlot(cell.name()))
            .findFirst();
    if (hop.isEmpty() && elsewhere.isPresent()) {
      return new Decision.Remote(
          elsewhere.get().datacenter(), elsewhere.get().name(), Optional.empty());
    }
    return view.anyMoving()
        ? new Decision.Wait(Decision.Reason.MOVING)
        : new Decision.Refused(
            Refusal.unavailable(
                "no-open-cell", "no cell of datacenter " + datacenter + " owns an open slot"));
  }

  /**
   * The copy here that may answer in the owner's place, if the route allows that and there is one.
   * How old it is, it says itself.
   *
   * @param home where the request goes otherwise
   */
  public Optional<NearCopy> near(Destination destination, Decision.Remote home) {
    if (!(destination instanceof Destination.OfSlot ofSlot)) {
      return Optional.empty();
    }
    Topology.EdgeRoute route = ofSlot.found().route();
    String copy = copiesHere.get(home.cell());
    return copy == null || route.nearLagMax().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new NearCopy(
                new Decision.Local(route.service(), List.of(copy)), route.nearLagMax().get()));
  }

  private TableView view(RouteTable table) {
    TableView view = newest;
    if (view == null || !view.table().equals(table)) {
      view = new TableView(table);
      newest = view;
    }
    return view;
  }
}
