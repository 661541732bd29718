package io.homecell.sync.position;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A pipeline can't go on until a person has changed something; trying again alone won't help. The
 * message says what was found and the way out.
 */
public final class ReplicationHaltedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The named states in which a pipeline stands still. */
  public enum Reason {
    /** The source's settings would lose or distort changes. */
    SOURCE_SETTINGS,
    /** The target's settings would distort changes. */
    TARGET_SETTINGS,
    /** The source has purged binlogs that the target has not seen. */
    PURGED_AT_SOURCE,
    /** Source and target have no transaction in common: they are not of one group. */
    NO_COMMON_HISTORY,
    /** A transaction was made by a server that {@code hc_server} does not name. */
    UNKNOWN_ORIGIN,
    /** A slot has no row in {@code hc_slot} at the target. */
    UNKNOWN_SLOT,
    /** A transaction of the source was not seen by the capture: it changed no rows of tables. */
    UNSEEN_TRANSACTION,
    /** The source changed a schema in a way that is not carried over, or the target refused it. */
    SCHEMA_CHANGE,
    /** A load of the target can't go on; the detail says whether it goes on by itself. */
    LOAD_HELD,
    /** What a load has copied is of no use; it has to start again. */
    LOAD_DISTURBED,
    /** The captured stream does not add up to whole transactions. */
    STREAM_INCONSISTENT,
    /** A table at the target is missing or lacks a column, or a row lacks its slot. */
    TABLE_UNUSABLE,
    /** A value has no statement that would write it exactly. */
    VALUE_UNUSABLE,
    /** The target refuses a transaction. */
    TRANSACTION_REFUSED
  }

  private final Reason reason;
  private final String detail;
  private final transient @Nullable Gtid standsAt;

  public ReplicationHaltedException(Reason reason, String detail) {
    super(reason + ": " + detail);
    this.reason = reason;
    this.detail = detail;
    this.standsAt = null;
  }

  public ReplicationHaltedException(Reason reason, String detail, Throwable cause) {
    super(reason + ": " + detail, cause);
    this.reason = reason;
    this.detail = detail;
    this.standsAt = null;
  }

  /** Stands at a statement that a person may have applied or skipped, see {@link #standsAt}. */
  public ReplicationHaltedException(Reason reason, Gtid standsAt, String detail) {
    super(reason + ": " + standsAt + " " + detail);
    this.reason = reason;
    this.detail = standsAt + " " + detail;
    this.standsAt = standsAt;
  }

  /** The statement that a person has to decide on; nothing behind it has been carried over. */
  public Optional<Gtid> standsAt() {
    return Optional.ofNullable(standsAt);
  }

  /** The same, naming the transaction that could not be carried over. */
  public ReplicationHaltedException at(Gtid gtid) {
    return detail.contains(gtid.toString())
        ? this
        : new ReplicationHaltedException(reason, gtid + ": " + detail, this);
  }

  public Reason reason() {
    return reason;
  }
}
