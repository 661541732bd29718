package io.homecell.coordinator.operation;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Every reason not to begin an operation. The one list: what may be overridden and which page says
 * more is said here; tests hold that each name has a page and is provoked.
 *
 * <p>Overridable is what would be unwise. What would break an invariant (two writers, a write that
 * is lost in a planned move) is not.
 */
public enum RefusalName {
  UNKNOWN_DATACENTER(false, "request"),
  SAME_DATACENTER(false, "request"),
  TARGET_NOT_NAMED(false, "request"),
  NO_PEER(false, "request"),
  NOTHING_TO_MOVE(false, "request"),
  WAVES_NOT_GROWING(false, "request"),
  WAVES_NOT_WHOLE(false, "request"),
  OPERATION_RUNNING(false, "operation-running"),
  NO_ROUTER(false, "no-router"),
  /** Of a move in waves. */
  ROUTER_NOT_OBSERVABLE(false, "no-router"),
  TARGET_UNREACHABLE(false, "unreachable"),
  TARGET_LOST(false, "datacenter-lost"),
  TARGET_FENCED(false, "fenced"),
  TARGET_LOADING(false, "target-loading"),
  SOURCE_UNREACHABLE(false, "unreachable"),
  /** Of a failover: a switchover would lose nothing. */
  SOURCE_REACHABLE(true, "source-reachable"),
  FENCE_NOT_AS_ROUTES(false, "fence-not-as-routes"),
  /** ZooKeeper says less than the cells have seen. */
  EPOCH_WENT_BACK(false, "epoch-went-back"),
  PIPELINE_MISSING(false, "replication-stopped"),
  PIPELINE_SILENT(false, "replication-stopped"),
  PIPELINE_NOT_STREAMING(false, "replication-stopped"),
  PIPELINE_LAG(false, "replication-lagging"),
  VERIFY_DIFFERS(false, "verify-differs"),
  /** Nobody has compared the copies for longer than {@link Precautions#VERIFIED_WITHIN}. */
  UNVERIFIED(true, "unverified"),
  NOT_CAUGHT_UP(false, "return"),
  RETURN_NOT_READ(false, "return"),
  FENCE_ROWS_NOT_ARRIVED(false, "return"),
  STRANDED_OPEN(false, "stranded"),
  /** What was settled is not undone yet in the returned cell. */
  RETURN_NOT_UNDONE(false, "return"),
  /** Nobody has compared the returned cell with its owners since. */
  RETURN_NOT_VERIFIED(false, "return"),
  /** One datacenter of the group would be left to serve. */
  GROUP_ON_ONE_LEG(true, "datacenter-drained"),
  /** Somebody has moved the target's own slots away. */
  TARGET_DRAINED(true, "datacenter-drained"),
  TARGET_CAPACITY(true, "target-capacity"),
  INSTANCES_MISSING(true, "instances-missing"),
  RECENTLY_MOVED(true, "recently-moved"),
  /** Leases rest on the databases' clocks; passes by itself. */
  CLOCK_STEPPED(false, "clock-stepped"),
  QUORUM_AT_RISK(true, "quorum-at-risk");

  private final boolean overridable;
  private final String page;

  RefusalName(boolean overridable, String page) {
    this.overridable = overridable;
    this.page = "docs/failure-modes/" + page + ".md";
  }

  /** Whether {@code --force} may override it. */
  public boolean isOverridable() {
    return overridable;
  }

  /** Where it is explained, from the project's root. */
  public String page() {
    return page;
  }

  /** The names that {@code --force} takes. */
  public static Set<String> overridable() {
    Set<String> names = new TreeSet<>();
    EnumSet.allOf(RefusalName.class).stream()
        .filter(RefusalName::isOverridable)
        .forEach(name -> names.add(name.name()));
    return names;
  }

  /**
   * Checks what an operator wants to override.
   *
   * @throws IllegalArgumentException naming what may be
   */
  public static void checkForced(Set<String> names) {
    for (String name : names) {
      boolean known =
          Arrays.stream(values()).anyMatch(one -> one.isOverridable() && one.name().equals(name));
      if (!known) {
        throw new IllegalArgumentException(
            "force: '" + name + "' (expected: one of " + String.join(", ", overridable()) + ")");
      }
    }
  }
}
