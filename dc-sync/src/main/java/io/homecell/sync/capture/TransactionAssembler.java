package io.homecell.sync.capture;

import io.homecell.sync.capture.SourceTransaction.Part;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts events together to transactions, and lets nothing through that does not add up: a part of a
 * transaction committed under the whole one's identifier would be lost for good. One that grows
 * over the limits is given in parts; the last one is given only if all of them add up.
 *
 * <p>No I/O, no clock. For one thread.
 */
public final class TransactionAssembler {
  private final Limits limits;
  private @Nullable Gtid open;
  private List<RowChange> changes = new ArrayList<>();
  private long rowsGiven;
  private long bytes;
  private boolean changesSchema;
  private @Nullable Gtid lastSchemaChange;

  /** How large a transaction, or a part of one, becomes before it is given away. */
  public record Limits(int rowsMax, long bytesMax) {}

  public TransactionAssembler(Limits limits) {
    this.limits = limits;
  }

  /**
   * Takes the next event.
   *
   * @return the transaction, or the part of one, that it completes
   * @throws ReplicationHaltedException if the stream does not add up
   */
  public Optional<SourceTransaction> take(SourceEvent event) {
    if (event instanceof SourceEvent.Begin begin) {
      begin(begin);
      return Optional.empty();
    } else if (event instanceof SourceEvent.Changed changed) {
      return add(changed);
    } else if (event instanceof SourceEvent.End end) {
      return Optional.of(end(end));
    }
    return schemaChange((SourceEvent.SchemaChange) event);
  }

  private Optional<SourceTransaction> schemaChange(SourceEvent.SchemaChange change) {
    if (change.truncation() && change.gtid().equals(open)) {
      open = null;
    }
    if (open == null) {
      if (change.gtid().equals(lastSchemaChange)) {
        return Optional.empty(); // of one statement, for another table
      }
      lastSchemaChange = change.gtid();
      return Optional.of(new SourceTransaction(change.gtid(), change.at(), List.of(), 0, true));
    }
    requireOpen(change.gtid(), "a schema change");
    changesSchema = true;
    return Optional.empty();
  }

  private void begin(SourceEvent.Begin begin) {
    if (open != null) {
      throw inconsistent(begin.gtid() + " begins inside of " + open);
    }
    open = begin.gtid();
    changes = new ArrayList<>();
    rowsGiven = 0;
    bytes = 0;
    changesSchema = false;
  }

  private Optional<SourceTransaction> add(SourceEvent.Changed changed) {
    requireOpen(changed.gtid(), "a row");
    boolean full =
        changes.size() >= limits.rowsMax() || bytes + changed.bytes() > limits.bytesMax();
    Optional<SourceTransaction> given = Optional.empty();
    if (full && !changes.isEmpty()) {
      Part part = rowsGiven == 0 ? Part.FIRST : Part.MIDDLE;
      rowsGiven += changes.size();
      given = Optional.of(give(changed.gtid(), Instant.EPOCH, part));
    }
    bytes += changed.bytes();
    changes.add(changed.change());
    return given;
  }

  private SourceTransaction give(Gtid gtid, Instant committedAt, Part part) {
    SourceTransaction given =
        new SourceTransaction(gtid, committedAt, changes, bytes, changesSchema, part);
    changes = new ArrayList<>();
    bytes = 0;
    return given;
  }

  private SourceTransaction end(SourceEvent.End end) {
    requireOpen(end.gtid(), "an end");
    long rows = rowsGiven + changes.size();
    if (end.changes() != rows) {
      throw inconsistent(
          end.gtid() + " has " + end.changes() + " rows at the source, captured: " + rows);
    }
    open = null;
    return give(end.gtid(), end.committedAt(), rowsGiven == 0 ? Part.WHOLE : Part.LAST);
  }

  private void requireOpen(Gtid gtid, String what) {
    if (!gtid.equals(open)) {
      throw inconsistent(
          what
              + " of "
              + gtid
              + (open == null ? " outside of a transaction" : " inside of " + open));
    }
  }

  private static ReplicationHaltedException inconsistent(String what) {
    return new ReplicationHaltedException(
        Reason.STREAM_INCONSISTENT,
        what + "; nothing of it was applied, the pipeline reads it again from its beginning");
  }
}
