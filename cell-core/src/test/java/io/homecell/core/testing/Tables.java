package io.homecell.core.testing;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import java.util.List;

/** Route tables of sixteen slots for tests. */
public final class Tables {
  public static final Slots SLOTS = new Slots(16);

  private Tables() {}

  /** Slots 0-7 of north-1 and 8-15 of south-1, all at one ownership epoch. */
  public static RouteTable halves(long tableEpoch, long slotEpoch) {
    return RouteTable.ofRuns(
        tableEpoch,
        SLOTS,
        List.of(
            new RouteTable.Run(new SlotRange(0, 7), SlotRoute.open("north-1", slotEpoch)),
            new RouteTable.Run(new SlotRange(8, 15), SlotRoute.open("south-1", slotEpoch))));
  }
}
