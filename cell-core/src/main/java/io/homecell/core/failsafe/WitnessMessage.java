package io.homecell.core.failsafe;

import java.util.Optional;

/** What goes over the wire, as JSON. */
final class WitnessMessage {
  static final String CONFIRM = "/failsafe/confirm";
  static final String LOSE = "/failsafe/lose";

  /** What a server reads at most. */
  static final int BYTES_MAX = 16 * 1024;

  /**
   * @param nonce chosen by who asks
   * @param confirm what {@link #CONFIRM} asks
   * @param lose what {@link #LOSE} declares
   */
  record Asked(String nonce, Optional<Witness.Question> confirm, Optional<Witness.Loss> lose) {}

  /**
   * @param nonce of the question
   */
  record Answered(String nonce, String refusal, String detail) {}

  private WitnessMessage() {}
}
