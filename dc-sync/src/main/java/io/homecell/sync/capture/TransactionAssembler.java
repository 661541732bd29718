package io.homecell.sync.capture;

import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts events together to whole transactions, and lets nothing through that does not add up: a part
 * of a transaction committed under the whole one's identifier would be lost for good.
 *
 * <p>No I/O, no clock. For one thread.
 */
public final class TransactionAssembler {
  private final Limits limits;
  private @Nullable Gtid open;
  private List<RowChange> changes = new ArrayList<>();
  private long bytes;
  private boolean changesSchema;
  private @Nullable Gtid lastSchemaChange;

  /** How large a transaction may be. */
  public record Limits(int rowsMax, long bytesMax) {}

  public TransactionAssembler(Limits limits) {
    this.limits = limits;
  }

  /**
   * Takes the next event.
   *
   * @return the transaction that it completes
   * @throws ReplicationHaltedException if the stream does not add up, or a transaction is too large
   */
  public Optional<SourceTransaction> take(SourceEvent event) {
    if (event instanceof SourceEvent.Begin begin) {
      begin(begin);
      return Optional.empty();
    } else if (event instanceof SourceEvent.Changed changed) {
      add(changed);
      return Optional.empty();
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
    bytes = 0;
    changesSchema = false;
  }

  private void add(SourceEvent.Changed changed) {
    requireOpen(changed.gtid(), "a row");
    bytes += changed.bytes();
    if (changes.size() >= limits.rowsMax() || bytes > limits.bytesMax()) {
      throw new ReplicationHaltedException(
          Reason.TRANSACTION_TOO_LARGE,
          changed.gtid()
              + " has more than "
              + limits.rowsMax()
              + " rows or "
              + limits.bytesMax()
              + " bytes, at "
              + changed.change().table()
              + "; give dc-sync more memory: a transaction may take an eighth of -Xmx");
    }
    changes.add(changed.change());
  }

  private SourceTransaction end(SourceEvent.End end) {
    requireOpen(end.gtid(), "an end");
    if (end.changes() != changes.size()) {
      throw inconsistent(
          end.gtid()
              + " has "
              + end.changes()
              + " rows at the source, captured: "
              + changes.size());
    }
    SourceTransaction whole =
        new SourceTransaction(end.gtid(), end.committedAt(), changes, bytes, changesSchema);
    open = null;
    changes = new ArrayList<>();
    return whole;
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
