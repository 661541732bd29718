package io.homecell.account.ledger;

import io.homecell.core.fence.NotHomeException;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.Routes;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Picks the slots of new users: those that this cell owns and that are open, each as likely as the
 * next. Safe for any number of threads.
 */
public final class OwnSlots {
  private final Topology.Cell cell;
  private final Routes routes;
  private volatile Choice choice;

  /** The slots of one table, worked out once for it. */
  private record Choice(long tableEpoch, List<Integer> slots) {}

  public OwnSlots(Topology.Cell cell, Routes routes) {
    this.cell = cell;
    this.routes = routes;
    this.choice = choose(routes.current());
  }

  private Choice choose(RouteTable table) {
    return new Choice(
        table.epoch(),
        table.ownedBy(cell.name()).filter(slot -> !table.of(slot).isMoving()).boxed().toList());
  }

  /**
   * A slot for a new user.
   *
   * @throws NotHomeException naming a slot of which this cell is the home and its owner, if there
   *     is no slot to pick: the request is better sent there
   */
  public int pick() {
    RouteTable table = routes.current();
    Choice current = choice;
    if (current.tableEpoch() != table.epoch()) {
      current = choose(table);
      choice = current;
    }
    List<Integer> slots = current.slots();
    if (!slots.isEmpty()) {
      return slots.get(ThreadLocalRandom.current().nextInt(slots.size()));
    }
    int home = cell.slots().get(0).first();
    SlotRoute route = table.of(home);
    throw new NotHomeException(home, route.owner(), route.epoch());
  }
}
