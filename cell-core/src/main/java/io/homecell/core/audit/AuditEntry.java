package io.homecell.core.audit;

import java.time.Instant;
import java.util.Optional;

/**
 * One thing that was asked for, decided, or done. Immutable; every text is cut to a bound, with a
 * mark, so that no entry fills the coordination service.
 *
 * @param who the operator, such as {@code ann@ops-3}; the process for a step
 * @param what such as {@code operation.begin}, {@code operation.step}, {@code sync.repair}
 * @param operation the id of the operation that it belongs to
 * @param reason why, in the operator's words
 * @param detail what exactly: a plan, a step with its time, the fields of a decision
 * @param outcome how it ended, if it has
 */
public record AuditEntry(
    Instant at,
    String who,
    String what,
    Optional<String> operation,
    Optional<String> reason,
    String detail,
    Optional<String> outcome) {
  /** Characters of each text. */
  static final int TEXT_MAX = 2_000;

  private static final String CUT = " ... (cut)";

  public AuditEntry {
    who = bounded(who);
    what = bounded(what);
    operation = operation.map(AuditEntry::bounded);
    reason = reason.map(AuditEntry::bounded);
    detail = bounded(detail);
    outcome = outcome.map(AuditEntry::bounded);
  }

  private static String bounded(String text) {
    return text.length() <= TEXT_MAX ? text : text.substring(0, TEXT_MAX - CUT.length()) + CUT;
  }
}
