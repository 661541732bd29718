package io.homecell.sync.capture;

import io.homecell.sync.position.Gtid;
import java.time.Instant;
import java.util.List;

/**
 * One committed transaction of the source, whole.
 *
 * @param committedAt by the source's clock
 * @param changes in the order in which they were made; may be empty
 * @param bytes about how much memory it holds
 * @param schemaChange whether it is, or has, a statement that changed a schema; the statement is
 *     read from the source's log by whoever needs it
 */
public record SourceTransaction(
    Gtid gtid, Instant committedAt, List<RowChange> changes, long bytes, boolean schemaChange) {
  public SourceTransaction {
    changes = List.copyOf(changes);
  }

  /** One of rows. */
  public SourceTransaction(Gtid gtid, Instant committedAt, List<RowChange> changes, long bytes) {
    this(gtid, committedAt, changes, bytes, false);
  }
}
