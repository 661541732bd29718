package io.homecell.sync.capture;

import io.homecell.sync.position.Gtid;
import java.time.Instant;

/** One event of the captured stream. */
public sealed interface SourceEvent {
  /** The first event of each transaction. */
  record Begin(Gtid gtid) implements SourceEvent {}

  /**
   * A changed row.
   *
   * @param bytes about how much memory it holds
   */
  record Changed(Gtid gtid, RowChange change, long bytes) implements SourceEvent {}

  /**
   * The last event of each transaction.
   *
   * @param changes how many {@link Changed} events it has by the source's count
   */
  record End(Gtid gtid, long changes, Instant committedAt) implements SourceEvent {}

  /**
   * A statement changed a schema: a transaction of its own, without begin and end, or the first
   * part of one that fills the new table. One statement may give several, one for each table.
   *
   * @param truncation one that Debezium gives a begin, but no end
   */
  record SchemaChange(Gtid gtid, Instant at, boolean truncation) implements SourceEvent {}
}
