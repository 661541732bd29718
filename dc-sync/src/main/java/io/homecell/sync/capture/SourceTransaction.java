package io.homecell.sync.capture;

import io.homecell.sync.position.Gtid;
import java.time.Instant;
import java.util.List;

/**
 * One committed transaction of the source, whole; or, of one that is too large to be held in
 * memory, a part. The parts of a transaction follow each other with nothing in between; that it was
 * whole is known with the last one only.
 *
 * @param committedAt by the source's clock; of a part, in the last one only
 * @param changes in the order in which they were made; may be empty
 * @param bytes about how much memory it holds
 * @param schemaChange whether it is, or has, a statement that changed a schema; the statement is
 *     read from the source's log by whoever needs it
 */
public record SourceTransaction(
    Gtid gtid,
    Instant committedAt,
    List<RowChange> changes,
    long bytes,
    boolean schemaChange,
    Part part) {
  /** Which part of the source's transaction it is. */
  public enum Part {
    WHOLE,
    FIRST,
    MIDDLE,
    LAST
  }

  public SourceTransaction {
    changes = List.copyOf(changes);
  }

  /** A whole one. */
  public SourceTransaction(
      Gtid gtid, Instant committedAt, List<RowChange> changes, long bytes, boolean schemaChange) {
    this(gtid, committedAt, changes, bytes, schemaChange, Part.WHOLE);
  }

  /** A whole one of rows. */
  public SourceTransaction(Gtid gtid, Instant committedAt, List<RowChange> changes, long bytes) {
    this(gtid, committedAt, changes, bytes, false);
  }
}
