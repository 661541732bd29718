package io.homecell.sync.capture;

import io.debezium.text.MultipleParsingExceptions;
import io.debezium.text.ParsingException;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.List;

/**
 * Tells when Debezium does not know what a table looks like. It begins with the target's tables,
 * and follows the source's changes from there; a table that differs was changed at one side alone.
 */
final class SchemaTrouble {
  private static final List<String> SIGNS =
      List.of(
          "whose schema isn't known",
          "internal schema representation is probably out of sync",
          "internal schema size");

  private SchemaTrouble() {}

  /** The failure, or a halt that says what it means. */
  static Throwable named(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ParsingException || cause instanceof MultipleParsingExceptions) {
        return new ReplicationHaltedException(
            Reason.SCHEMA_CHANGE,
            "a statement of the source can't be read by Debezium; run the same change there in"
                + " plainer words next time, and load the target anew: "
                + cause.getMessage(),
            failure);
      }
      String message = String.valueOf(cause.getMessage());
      if (SIGNS.stream().anyMatch(message::contains)) {
        return new ReplicationHaltedException(
            Reason.SCHEMA_CHANGE,
            "the target has no such table, or not as the source's was; make it so: " + message,
            failure);
      }
    }
    return failure;
  }
}
