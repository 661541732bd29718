package io.homecell.sync.load;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Brings the rows that say who owns what and which server is whose, as they are carried over at any
 * time: the higher epoch wins, and a server's row stays. So it may be done at any time and again.
 */
final class FrameworkRows {
  private FrameworkRows() {}

  static void copy(Connection source, Connection target) throws SQLException {
    copy(
        source,
        target,
        "SELECT slot, owner, epoch, state FROM homecell.hc_slot",
        "INSERT INTO homecell.hc_slot (slot, owner, epoch, state) VALUES (?, ?, ?, ?) AS n"
            + " ON DUPLICATE KEY UPDATE"
            + " owner = IF(n.epoch > hc_slot.epoch, n.owner, hc_slot.owner),"
            + " state = IF(n.epoch > hc_slot.epoch, n.state, hc_slot.state),"
            + " epoch = GREATEST(n.epoch, hc_slot.epoch)");
    copy(
        source,
        target,
        "SELECT uuid, cell FROM homecell.hc_server",
        "INSERT INTO homecell.hc_server (uuid, cell) VALUES (?, ?) AS n"
            + " ON DUPLICATE KEY UPDATE cell = n.cell");
  }

  private static void copy(Connection source, Connection target, String read, String write)
      throws SQLException {
    target.setAutoCommit(false);
    try (Statement statement = source.createStatement();
        ResultSet rows = statement.executeQuery(read);
        PreparedStatement insert = target.prepareStatement(write)) {
      int columns = rows.getMetaData().getColumnCount();
      while (rows.next()) {
        for (int i = 1; i <= columns; i++) {
          insert.setObject(i, rows.getObject(i));
        }
        insert.addBatch();
      }
      insert.executeBatch();
      target.commit();
    } catch (SQLException | RuntimeException e) {
      target.rollback();
      throw e;
    } finally {
      target.setAutoCommit(true);
    }
  }
}
