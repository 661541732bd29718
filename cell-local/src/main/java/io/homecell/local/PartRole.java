package io.homecell.local;

import java.util.Optional;

/**
 * What a process of a deployment is for. In the order in which a deployment starts them; it stops
 * them in the opposite one.
 */
public enum PartRole {
  ZOOKEEPER("zookeeper", "cell-local", Scope.DEPLOYMENT),
  MYSQL("mysql", null, Scope.CELL),
  COORDINATOR("coordinator", "job-coordinator", Scope.DATACENTER),
  ACCOUNT("account", "account-cell", Scope.CELL),
  TRADE("trade", "trade-cell", Scope.CELL),
  CANAL("canal", "canal-server", Scope.CELL),
  DC_SYNC("dc-sync", "dc-sync", Scope.DATACENTER),
  ROUTER("router", "cell-router", Scope.DATACENTER);

  /** How many there are of a role. */
  public enum Scope {
    DEPLOYMENT,
    DATACENTER,
    CELL
  }

  private final String label;
  private final Optional<String> module;
  private final Scope scope;

  PartRole(String label, @org.jspecify.annotations.Nullable String module, Scope scope) {
    this.label = label;
    this.module = Optional.ofNullable(module);
    this.scope = scope;
  }

  /** Its name in messages, state file and JSON, such as {@code dc-sync}. */
  public String label() {
    return label;
  }

  /** The module that it is built from; empty for MySQL. */
  public Optional<String> module() {
    return module;
  }

  public Scope scope() {
    return scope;
  }

  /** Whether it is one of our own processes: they announce themselves when ready. */
  public boolean announcesItself() {
    return this != ZOOKEEPER && this != MYSQL;
  }

  /**
   * The role of this label.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static PartRole ofLabel(String label) {
    for (PartRole role : values()) {
      if (role.label.equals(label)) {
        return role;
      }
    }
    throw new IllegalArgumentException("role: '" + label + "'");
  }
}
