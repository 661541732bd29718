package io.homecell.cellctl.view;

/**
 * The names under which {@code cellctl status} itself judges, from outside. The one list; tests
 * hold that each has a page. A coordinator's verdicts have their own.
 */
enum OwnVerdict {
  OK("healthy"),
  HEALTHY("healthy"),
  DEGRADED("degraded"),
  NOT_RUNNING("not-running"),
  CONTROL_PLANE_AWAY("control-plane-away"),
  COORDINATION_LOST("coordination-lost"),
  UNREACHABLE_LEASE_RUNNING("unreachable"),
  DATACENTER_LOST("datacenter-lost"),
  PROCESS_STARTING("process"),
  PROCESS_NOT_READY("process"),
  PROCESS_SILENT("process"),
  PROCESS_DEAD("process"),
  PROCESSES_MISSING("process");

  private final String page;

  OwnVerdict(String page) {
    this.page = "docs/failure-modes/" + page + ".md";
  }

  /** Where it is explained, from the project's root. */
  String page() {
    return page;
  }
}
