package io.homecell.cellctl.load;

import java.math.BigDecimal;
import java.util.Optional;

/** How an operation ended for the client that asked for it. */
sealed interface Outcome {
  /**
   * Acknowledged: it must be there, exactly once.
   *
   * @param id the id that the service gave it: of the user, deposit, transfer, order or payment
   * @param total what an order costs
   */
  record Acknowledged(long id, Optional<BigDecimal> total) implements Outcome {}

  /** Refused by a rule (not enough money): it must not be there. */
  record Refused(int status, String problem) implements Outcome {}

  /** No answer in time, although it was asked for again: it may be there, at most once. */
  record Unknown(String lastError) implements Outcome {}
}
