package io.homecell.core.lease;

import java.sql.SQLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The highest epochs that a cell has seen, kept in its database: whoever restores ZooKeeper from an
 * old copy does not restore all databases with it. Not thread-safe.
 *
 * <p>A database that was provisioned before {@code hc_epoch} existed keeps none, and says so: a
 * lease must not end because of an upgrade.
 */
final class HighestEpochs {
  private static final Logger log = LoggerFactory.getLogger(HighestEpochs.class);

  /** MySQL's error numbers: no such table, no right to it. */
  private static final int NO_TABLE = 1146;

  private static final int NO_RIGHT = 1142;

  private static final String ROUTES = "routes";

  private final LeaseRow row;
  private final String datacenter;
  private long routesRecorded;
  private boolean missing;

  HighestEpochs(LeaseRow row, String datacenter) {
    this.row = row;
    this.datacenter = "datacenter " + datacenter;
  }

  /** Records a route table's epoch. */
  void sawRoutes(long epoch) throws SQLException {
    if (epoch <= routesRecorded || missing) {
      return;
    }
    try {
      row.record(ROUTES, epoch);
      routesRecorded = epoch;
    } catch (SQLException e) {
      throwUnlessMissing(e);
    }
  }

  /** The highest epoch of the datacenter's state, this one included, which is recorded. */
  long sawState(long epoch) throws SQLException {
    if (missing) {
      return epoch;
    }
    try {
      long highest = row.highest(datacenter);
      if (epoch > highest) {
        row.record(datacenter, epoch);
      }
      return Math.max(epoch, highest);
    } catch (SQLException e) {
      throwUnlessMissing(e);
      return epoch;
    }
  }

  private void throwUnlessMissing(SQLException e) throws SQLException {
    if (e.getErrorCode() != NO_TABLE && e.getErrorCode() != NO_RIGHT) {
      throw e;
    }
    missing = true;
    log.warn(
        "lease: the highest epochs are not kept ({}): provision the database again and restart",
        e.getMessage());
  }
}
