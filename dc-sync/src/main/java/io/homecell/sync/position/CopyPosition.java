package io.homecell.sync.position;

import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Where a pipeline starts that carries copy tables to a cell of another group.
 *
 * <p>As everywhere the position is what the target has executed, here of what the source's group
 * made. What others made, a group's common first transaction too, has no business on this way: the
 * source has it in another form than its own group has, or it is nobody's, so it counts as read.
 */
public final class CopyPosition {
  private CopyPosition() {}

  /**
   * Reads the position.
   *
   * @throws ReplicationHaltedException if the source no longer has what the target needs
   */
  public static StartPosition read(
      String sourceCell,
      Connection source,
      String targetCell,
      Connection target,
      GroupServers servers)
      throws SQLException {
    GtidSet executed = StartPosition.executed(target);
    GtidSet atSource = StartPosition.executed(source);
    GtidSet wanted = atSource.madeBy(servers.uuids()).subtract(executed);
    GtidSet missing =
        wanted.intersect(GtidSet.parse(StartPosition.text(source, "SELECT @@global.gtid_purged")));
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
              + "; copy the copy services' schemas by hand, see docs/operations.md, and raise"
              + " binlog_expire_logs_seconds at "
              + sourceCell);
    }
    GtidSet from = atSource.subtract(wanted);
    if (from.isEmpty()) {
      throw new ReplicationHaltedException(
          Reason.NO_COMMON_HISTORY,
          sourceCell + " has no first transaction of its group; provision it");
    }
    String uuid = StartPosition.text(source, "SELECT @@server_uuid");
    return new StartPosition(from, executed, uuid, atSource.absent(uuid), new GtidSet());
  }
}
