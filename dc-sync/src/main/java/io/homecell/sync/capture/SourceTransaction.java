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
 */
public record SourceTransaction(
    Gtid gtid, Instant committedAt, List<RowChange> changes, long bytes) {
  public SourceTransaction {
    changes = List.copyOf(changes);
  }
}
