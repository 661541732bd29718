package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.router.overload.CellGates;
import io.homecell.router.upstream.Balancer;
import io.homecell.router.upstream.Pools;
import io.homecell.router.websocket.Ending;
import io.homecell.router.websocket.WebSocketMetrics;
import io.homecell.router.websocket.WebSocketSettings;
import io.vertx.core.http.HttpClientAgent;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The WebSockets of one event loop: how many of each cell, and which of them have to go.
 *
 * <p>What it upholds: one that is open for hours takes none of the connections that requests need,
 * and no cell's take another cell's room. One whose slot moves, or whose router stops, is closed
 * within {@link #TICKS_TO_CLOSE} ticks: its client's next message is not read any more from the
 * moment on that the loop knows it; the close frames themselves go out little by little, since each
 * of them is a new connection soon. Belongs to the loop.
 */
final class WebSockets {
  private static final int TICKS_A_CHECK = 5;
  private static final int TICKS_TO_CLOSE = 40;

  private final EdgeParts parts;
  private final WebSocketSettings settings;
  private final WebSocketMetrics metrics;
  private final Pools pools;
  private final InstanceChoice instanceChoice;
  private final int closedATickMin;
  private final Map<String, Integer> places = new HashMap<>();
  private final Set<Upgrade> open = new LinkedHashSet<>();
  private final Deque<Upgrade> leaving = new ArrayDeque<>();
  private Ending leavingFor = Ending.MOVED;
  private int closedATick;
  private boolean farewell;
  private int ticks;

  /**
   * @param client for connections of its own: those of requests are not for those who stay
   * @param tickMillis how often {@link #tick} is called
   */
  WebSockets(
      EdgeParts parts,
      HttpClientAgent client,
      Balancer balancer,
      CellGates gates,
      long tickMillis) {
    this.parts = parts;
    this.settings = parts.settings().webSockets();
    this.metrics = parts.metrics().webSockets();
    Set<String> cells = parts.topology().cells().keySet();
    cells.forEach(metrics::of);
    // So many that no cell's room is ever the pool's: the router of a datacenter leads to all its.
    this.pools =
        new Pools(client, settings.openMax() * cells.size(), parts.settings().idleTimeout());
    this.instanceChoice = new InstanceChoice(parts.instances(), balancer, pools, gates);
    this.closedATickMin = parts.settings().releasedAtOnce(tickMillis);
  }

  WebSocketSettings settings() {
    return settings;
  }

  WebSocketMetrics metrics() {
    return metrics;
  }

  Pools pools() {
    return pools;
  }

  InstanceChoice instanceChoice() {
    return instanceChoice;
  }

  /** Takes a place of the cell's; given back with {@link #leave}. */
  boolean tryEnter(String cell) {
    int taken = places.getOrDefault(cell, 0);
    if (taken >= settings.openMax()) {
      metrics.of(cell).refused();
      return false;
    }
    places.put(cell, taken + 1);
    return true;
  }

  void leave(String cell) {
    places.merge(cell, -1, Integer::sum);
  }

  void opened(Upgrade upgrade) {
    open.add(upgrade);
  }

  void ended(Upgrade upgrade) {
    open.remove(upgrade);
  }

  /** Those that the table does not leave where they are have to go. */
  void tableChanged(RouteTable newer) {
    expel(Ending.MOVED, upgrade -> !upgrade.staysBy(newer, Duration.ZERO));
  }

  /** This router stops: all have to go. */
  void sayFarewell() {
    farewell = true;
    expel(Ending.FAREWELL, upgrade -> true);
  }

  /** Why one that begins may not stay, if it may not. */
  Optional<Ending> whyNot(Upgrade upgrade) {
    if (farewell) {
      return Optional.of(Ending.FAREWELL);
    }
    return upgrade.staysBy(parts.routes().current(), Duration.ZERO)
        ? Optional.empty()
        : Optional.of(Ending.MOVED);
  }

  private void expel(Ending why, Predicate<Upgrade> whom) {
    List<Upgrade> expelled = open.stream().filter(whom).toList();
    expelled.forEach(Upgrade::halt);
    leaving.addAll(expelled);
    leavingFor = why;
    closedATick = Math.max(closedATickMin, leaving.size() / TICKS_TO_CLOSE + 1);
    closeSome();
  }

  private void closeSome() {
    for (int left = closedATick; left > 0 && !leaving.isEmpty(); left--) {
      leaving.removeFirst().close(leavingFor);
    }
  }

  /** Called many times a second. */
  void tick(long nowNanos) {
    closeSome();
    ticks++;
    if (ticks % TICKS_A_CHECK == 0 && !open.isEmpty()) {
      Duration age = parts.routes().age();
      if (age.compareTo(parts.settings().unsafeRoutesAge()) > 0) {
        RouteTable current = parts.routes().current();
        expel(Ending.STALE, upgrade -> !upgrade.staysBy(current, age));
      }
      // A copy: who is closed leaves.
      List.copyOf(open).forEach(upgrade -> upgrade.check(nowNanos));
    }
  }
}
