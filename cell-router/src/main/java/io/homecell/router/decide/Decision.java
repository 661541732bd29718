package io.homecell.router.decide;

import java.util.List;
import java.util.Optional;

/** Where a request goes by one table. */
public sealed interface Decision {
  /** To an instance of one of these cells, all of this datacenter. */
  record Local(String service, List<String> cells) implements Decision {}

  /**
   * To the router of another datacenter.
   *
   * @param cell the owner there
   * @param by what this router knows of the slot; for the other to check itself by
   */
  record Remote(String datacenter, String cell, Optional<Told> by) implements Decision {}

  /** Nowhere yet: ask again when the table has changed. */
  record Wait(Reason reason) implements Decision {}

  /** Back to the router that sent it: this datacenter is not the owner's. */
  record Misdirected(Told told) implements Decision {}

  /** Nowhere. */
  record Refused(Refusal refusal) implements Decision {}

  /**
   * Whether it leads to where a request already is.
   *
   * @param elsewhere whether that is by another datacenter's router
   */
  default boolean sendsTo(String cell, boolean elsewhere) {
    return this instanceof Local local
        ? !elsewhere && local.cells().contains(cell)
        : this instanceof Remote remote && elsewhere && remote.cell().equals(cell);
  }

  /** Why a request waits. */
  enum Reason {
    /** The slot is moving and the request may change something. */
    MOVING,
    /** Somebody knows a newer table than this router. */
    TABLE_BEHIND;

    /** What is answered if it has waited for too long. */
    public Refusal expired() {
      return this == MOVING
          ? Refusal.unavailable("slot-moving", "the slot is still moving; nothing was changed")
          : Refusal.unavailable(
              "table-behind", "the route table did not arrive in time; nothing was changed");
    }
  }
}
