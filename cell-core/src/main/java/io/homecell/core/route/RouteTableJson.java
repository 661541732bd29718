package io.homecell.core.route;

import io.homecell.core.json.Json;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The route table as text, in ZooKeeper and on disk:
 *
 * <pre>
 * {"epoch":7,"slots":1024,"runs":[{"slots":"0-511","owner":"north-1","epoch":3,"state":"OPEN"},
 * {"slots":"512-1023","owner":"north-1","epoch":3,"state":"MOVING","to":"south-1"}]}</pre>
 */
public final class RouteTableJson {
  private enum State {
    OPEN,
    MOVING
  }

  private record RunJson(
      @Nullable String slots,
      @Nullable String owner,
      long epoch,
      @Nullable State state,
      Optional<String> to) {
    static RunJson of(RouteTable.Run run) {
      SlotRoute route = run.route();
      return new RunJson(
          run.slots().toString(),
          route.owner(),
          route.epoch(),
          route.isMoving() ? State.MOVING : State.OPEN,
          route.movingTo());
    }

    RouteTable.Run toRun() {
      if (slots == null || owner == null || owner.isEmpty() || state == null) {
        throw new IllegalArgumentException(
            "run " + this + " (expected: slots, owner, epoch and state)");
      }
      Optional<String> target = to == null ? Optional.empty() : to;
      if (target.isPresent() != (state == State.MOVING)) {
        throw new IllegalArgumentException("run " + this + " (expected: to if and only if MOVING)");
      }
      return new RouteTable.Run(SlotRange.parse(slots), new SlotRoute(owner, epoch, target));
    }
  }

  private record TableJson(long epoch, int slots, @Nullable List<RunJson> runs) {}

  private RouteTableJson() {}

  /** One line of JSON. */
  public static String write(RouteTable table) {
    return Json.write(
        new TableJson(
            table.epoch(), table.slots().count(), table.runs().stream().map(RunJson::of).toList()));
  }

  /**
   * Reads a table.
   *
   * @throws IllegalArgumentException if the text is not a whole and valid one
   */
  public static RouteTable read(String json) {
    TableJson table = Json.read(json, TableJson.class);
    if (table == null || table.runs() == null) {
      throw new IllegalArgumentException("route table: no runs (expected: runs over all slots)");
    }
    return RouteTable.ofRuns(
        table.epoch(),
        new Slots(table.slots()),
        table.runs().stream().map(RunJson::toRun).toList());
  }
}
