package io.homecell.sync.load;

import io.homecell.sync.capture.ServerChecks;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.StartPosition;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Begins the load of a pipeline's target from its source: writes to the target that it is asked
 * for, after looking for all that speaks against it. The pipeline does the rest. Safe for any
 * number of threads.
 */
public final class LoadRequests {
  private final CellDatabase source;
  private final CellDatabase target;

  public LoadRequests(CellDatabase source, CellDatabase target) {
    this.source = source;
    this.target = target;
  }

  /**
   * What a load would do, and what speaks against it.
   *
   * @param restart whether rows at the target may be emptied, and a load under way begun anew
   */
  public LoadPlan plan(boolean restart) throws SQLException {
    try (Connection there = source.open();
        Connection here = target.open()) {
      return plan(there, here, restart);
    }
  }

  /**
   * Begins.
   *
   * @param by who asked for it
   * @throws LoadRefusedException naming every reason
   */
  public LoadPlan begin(boolean restart, String by) throws SQLException, LoadRefusedException {
    try (Connection there = source.open();
        Connection here = target.open()) {
      LoadPlan plan = plan(there, here, restart);
      if (!plan.refusals().isEmpty()) {
        throw new LoadRefusedException(plan.refusals());
      }
      try (Statement session = here.createStatement()) {
        session.execute("SET SESSION sql_log_bin = 0");
      }
      LoadBook.request(here, UUID.randomUUID().toString(), source.cell(), restart, by);
      return plan;
    }
  }

  private LoadPlan plan(Connection there, Connection here, boolean restart) throws SQLException {
    List<String> refusals = new ArrayList<>();
    try {
      ServerChecks.requireTarget(target, here);
      ServerChecks.requireSource(source, there);
    } catch (ReplicationHaltedException e) {
      refusals.add(String.valueOf(e.getMessage()));
    }
    long slots = slotsOfTarget(there);
    if (slots > 0) {
      refusals.add(
          target.cell()
              + " owns "
              + slots
              + " slots by the rows of "
              + source.cell()
              + ": move them away first, cellctl switchover or failover");
    }
    usedBefore(there, here).ifPresent(refusals::add);
    SourceTables tables = new SourceTables(there);
    refusals.addAll(tables.problems());
    List<LoadPlan.Table> filled = new ArrayList<>();
    Set<TableName> names = new HashSet<>();
    for (LoadedTable table : tables.all()) {
      names.add(table.name());
      long rows = tables.rows(table.name());
      filled.add(new LoadPlan.Table(table.name().toString(), rows));
      if (rows > 0) {
        table.problem().ifPresent(refusals::add);
      }
    }
    List<String> emptied = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    SourceTables local = new SourceTables(here);
    for (LoadedTable table : local.all()) {
      if (local.hasRows(table.name())) {
        (names.contains(table.name()) ? emptied : kept).add(table.name().toString());
      }
    }
    Optional<Load> underWay = LoadBook.read(here).filter(load -> !load.isDone());
    if (!restart && underWay.isPresent()) {
      refusals.add(
          target.cell()
              + " is being loaded from "
              + underWay.get().source()
              + ", which goes on by itself: cellctl sync status; --restart begins anew");
    } else if (!restart && !emptied.isEmpty()) {
      refusals.add(
          target.cell()
              + " is not empty: "
              + String.join(", ", emptied)
              + "; --restart empties them first");
    }
    return new LoadPlan(source.cell(), target.cell(), filled, emptied, kept, refusals);
  }

  /** Under a number that is taken, a new transaction would be one that every other cell has. */
  private Optional<String> usedBefore(Connection there, Connection here) throws SQLException {
    String uuid;
    try (Statement statement = here.createStatement();
        ResultSet row = statement.executeQuery("SELECT @@server_uuid")) {
      row.next();
      uuid = row.getString(1);
    }
    GtidSet taken = StartPosition.executed(there);
    GtidSet lost = taken.subtract(taken.without(uuid)).subtract(StartPosition.executed(here));
    return lost.isEmpty()
        ? Optional.empty()
        : Optional.of(
            target.cell()
                + " has a server_uuid under which "
                + lost
                + " were made that it does not know: give its server a new one (remove auto.cnf)");
  }

  private long slotsOfTarget(Connection there) throws SQLException {
    try (PreparedStatement query =
        there.prepareStatement("SELECT COUNT(*) FROM homecell.hc_slot WHERE owner = ?")) {
      query.setString(1, target.cell());
      try (ResultSet row = query.executeQuery()) {
        row.next();
        return row.getLong(1);
      }
    }
  }
}
