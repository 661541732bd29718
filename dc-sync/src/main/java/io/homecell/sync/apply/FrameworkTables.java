package io.homecell.sync.apply;

import io.homecell.sync.capture.TableName;
import java.util.List;
import java.util.Set;

/** The framework's own tables, which have rules of their own on their way between cells. */
public final class FrameworkTables {
  /** Who may write a slot: the higher epoch wins. */
  public static final TableName SLOT = table("hc_slot");

  /** Which cell a server's transactions come from. */
  public static final TableName SERVER = table("hc_server");

  /** The beats by which lag is measured. */
  public static final TableName HEARTBEAT = table("hc_heartbeat");

  /** Where transactions are kept that came too late. */
  static final TableName STRANDED = table("hc_stranded");

  /** Rows that belong to one server and are never carried over. */
  public static final List<TableName> LOCAL =
      List.of(
          table("hc_lease"),
          table("hc_epoch"),
          table("hc_node"),
          STRANDED,
          table("hc_job"),
          table("hc_load"),
          table("hc_load_table"));

  private static final Set<TableName> REPLICATED = Set.of(SLOT, SERVER, HEARTBEAT);

  private FrameworkTables() {}

  static boolean isReplicated(TableName table) {
    return REPLICATED.contains(table);
  }

  private static TableName table(String name) {
    return new TableName("homecell", name);
  }
}
