package io.homecell.core.fence;

import java.sql.SQLException;
import java.util.Collection;

/**
 * A cell's database as application code sees it: the one way to write is a transaction that the
 * database itself checks against the slot's owner and the cell's lease, in the same server-side
 * call that commits it (procedure {@code homecell.hc_commit}).
 *
 * <p>Invariant upheld: at most one cell writes a slot at any time. Safe for any number of threads.
 */
public interface FencedDatabase extends AutoCloseable {
  /** The body of a transaction. */
  @FunctionalInterface
  interface Body<T> {
    T run(Tx tx) throws SQLException;
  }

  /**
   * Runs a body in a read-only transaction. Any cell may read what it holds.
   *
   * @throws DatabaseUnavailableException if the database can't be reached in time
   */
  <T> T read(Body<T> body);

  /**
   * Runs a body and commits it if this cell owns each slot, at the epoch of its route table or
   * later, and its lease runs. An exception of the body rolls back and is passed on. On a deadlock
   * or lock timeout the body is run again a bounded number of times, so it must have no effect but
   * through its {@link Tx}.
   *
   * @param slots the slots of every row that the body writes, 1 to 256
   * @throws NotHomeException if this cell does not own a slot or the slot is closed; no effect
   * @throws CellFencedException if the cell's lease is over; no effect
   * @throws CommitUnknownException if the connection broke during the commit
   * @throws DatabaseUnavailableException if the database can't be reached in time; no effect
   */
  <T> T write(Collection<Integer> slots, Body<T> body);

  @Override
  void close();
}
