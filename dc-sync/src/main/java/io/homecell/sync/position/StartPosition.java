package io.homecell.sync.position;

import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Where a pipeline starts reading: what the target has executed, as far as the source knows it.
 *
 * <p>This is the whole position. It is read from the two servers at each start and never stored, so
 * it can't drift from what was committed: the source skips by itself what the target has, and a
 * half-read transaction is read again from its beginning.
 *
 * @param from {@code target.gtid_executed} intersected with the source's; never empty
 * @param executed all that the target had executed
 * @param sourceUuid the source's own {@code server_uuid}
 * @param absent numbers of the source's own below its highest that it never executed
 * @param window what the source executed while it was copied here; empty without a load
 */
public record StartPosition(
    GtidSet from, GtidSet executed, String sourceUuid, GtidSet absent, GtidSet window) {

  /**
   * Reads the position.
   *
   * @throws ReplicationHaltedException if the two have no history in common, or the source no
   *     longer has what the target needs
   */
  public static StartPosition read(
      String sourceCell, Connection source, String targetCell, Connection target, GtidSet window)
      throws SQLException {
    GtidSet executed = executed(target);
    GtidSet atSource = executed(source);
    GtidSet purged = GtidSet.parse(text(source, "SELECT @@global.gtid_purged"));
    GtidSet missing = purged.subtract(executed);
    GtidSet from = executed.intersect(atSource);
    if (from.isEmpty()) {
      throw new ReplicationHaltedException(
          Reason.NO_COMMON_HISTORY,
          sourceCell
              + " and "
              + targetCell
              + " share no transaction; cells of a group are made with a common first one; "
              + load(sourceCell, targetCell));
    }
    if (!missing.isEmpty()) {
      throw new ReplicationHaltedException(
          Reason.PURGED_AT_SOURCE,
          sourceCell
              + " has purged "
              + missing.size()
              + " transactions that "
              + targetCell
              + " lacks: "
              + missing
              + "; "
              + load(sourceCell, targetCell)
              + ", and raise binlog_expire_logs_seconds at "
              + sourceCell);
    }
    String uuid = text(source, "SELECT @@server_uuid");
    return new StartPosition(from, executed, uuid, atSource.absent(uuid), window);
  }

  private static String load(String sourceCell, String targetCell) {
    return "load it anew: cellctl sync load --cell "
        + targetCell
        + " --from "
        + sourceCell
        + " --restart";
  }

  /** What a server has executed. */
  public static GtidSet executed(Connection server) throws SQLException {
    return GtidSet.parse(text(server, "SELECT @@global.gtid_executed"));
  }

  static String text(Connection server, String query) throws SQLException {
    try (Statement statement = server.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
