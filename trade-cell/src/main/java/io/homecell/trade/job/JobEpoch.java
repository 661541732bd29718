package io.homecell.trade.job;

import io.homecell.api.trade.StaleJobException;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.Tx;
import io.homecell.core.route.Routes;
import java.sql.SQLException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The fencing token of a job's run: the epoch of the job's ownership, checked in each of the run's
 * transactions against the highest one that has written to this cell.
 *
 * <p>Invariant: once a run with an epoch has committed here, no run with a lower one commits. The
 * row is held in share mode until the transaction ends, so a newer run waits for the transactions
 * of the older one that came first, and shuts out those behind it.
 *
 * @param job as in the topology
 * @param epoch of the job's ownership
 */
public record JobEpoch(String job, long epoch) {
  private static final String NEWEST = "SELECT epoch FROM homecell.hc_job WHERE job = ? FOR SHARE";

  public JobEpoch {
    if (epoch < 1) {
      throw new IllegalArgumentException("jobEpoch: " + epoch + " (expected: >= 1)");
    }
  }

  /**
   * Checks the epoch, and makes it the highest one if it is.
   *
   * @throws StaleJobException if a higher one has written here
   */
  public void check(Tx tx) throws SQLException {
    Optional<Long> newest = newest(tx);
    if (newest.isEmpty() || newest.get() < epoch) {
      tx.update(
          "INSERT INTO homecell.hc_job (job, epoch) VALUES (?, ?) AS run"
              + " ON DUPLICATE KEY UPDATE epoch = GREATEST(hc_job.epoch, run.epoch)",
          job,
          epoch);
      newest = newest(tx);
    }
    long found = newest.orElseThrow();
    if (found > epoch) {
      throw new StaleJobException(job, epoch, found);
    }
  }

  /**
   * Begins a run: checks the epoch in a transaction of its own, so that an older run is shut out
   * even if this one finds nothing to do.
   *
   * @return whether this cell owns a slot; one that owns none has nothing to do
   * @throws StaleJobException if a higher one has written here
   */
  public boolean begin(String cell, FencedDatabase database, Routes routes) {
    OptionalInt slot = routes.current().ownedBy(cell).findFirst();
    if (slot.isEmpty()) {
      return false;
    }
    database.write(
        Set.of(slot.getAsInt()),
        tx -> {
          check(tx);
          return this;
        });
    return true;
  }

  private Optional<Long> newest(Tx tx) throws SQLException {
    return tx.one(NEWEST, row -> row.getLong(1), job);
  }
}
