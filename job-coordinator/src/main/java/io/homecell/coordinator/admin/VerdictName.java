package io.homecell.coordinator.admin;

/**
 * Every name under which a state is judged. The one list: tests hold that each has a page and is
 * provoked.
 */
public enum VerdictName {
  /** Of the deployment: nothing is wrong. */
  OK("healthy"),
  /** Of a datacenter or cell: nothing is wrong with it. */
  HEALTHY("healthy"),
  /** It serves, and something that protects its users is missing: another verdict says what. */
  DEGRADED("degraded"),
  NO_ROUTE_TABLE("no-route-table"),
  OPERATION_UNDER_WAY("operation-running"),
  MOVING_WITHOUT_OPERATION("moving-without-operation"),
  SLOTS_AWAY("slots-away"),
  COORDINATION_LOST("coordination-lost"),
  EPOCH_WENT_BACK("epoch-went-back"),
  COORDINATION_WITHOUT_SPARE("quorum-at-risk"),
  QUORUM_AT_RISK("quorum-at-risk"),
  DATACENTER_UNREACHABLE("unreachable"),
  DATACENTER_LOST("datacenter-lost"),
  RETURNED_WITH_STRANDED("stranded"),
  RETURNED_FENCED("return"),
  NO_ROUTER("no-router"),
  /** An owner out of sight that may still write. */
  UNREACHABLE_LEASE_RUNNING("unreachable"),
  /** A cell out of sight that can't write any more. */
  UNREACHABLE_FENCED("unreachable"),
  STANDBY_UNREACHABLE("unreachable"),
  OWNER_FENCED("fenced"),
  LEASE_NOT_RENEWED("fenced"),
  CLOCK_STEPPED("clock-stepped"),
  FENCE_NOT_AS_ROUTES("fence-not-as-routes"),
  NO_INSTANCE("instances-missing"),
  ROUTES_BEHIND("routes-behind"),
  PIPELINE_MISSING("replication-stopped"),
  PIPELINE_SILENT("replication-stopped"),
  PIPELINE_NOT_STREAMING("replication-stopped"),
  REPLICATION_LAGGING("replication-lagging"),
  TARGET_STALLED("target-stalled"),
  VERIFY_DIFFERS("verify-differs");

  private final String page;

  VerdictName(String page) {
    this.page = "docs/failure-modes/" + page + ".md";
  }

  /** Where it is explained, from the project's root. */
  public String page() {
    return page;
  }
}
