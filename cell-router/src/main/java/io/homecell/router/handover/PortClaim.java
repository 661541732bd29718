package io.homecell.router.handover;

/** Whether a router may share its port with one that serves it already. */
public enum PortClaim {
  /** No: a second router, started by mistake, must not quietly take half of the clients. */
  ALONE,

  /** Yes, with one: it takes all new connections over, and the other is to be stopped then. */
  TAKE_OVER;

  /** The word that asks for a take-over. */
  public static final String VARIABLE = "HOMECELL_TAKE_OVER";

  /**
   * Reads the value of {@link #VARIABLE}.
   *
   * @throws IllegalArgumentException if it is neither of the two
   */
  public static PortClaim parse(String text) {
    return switch (text) {
      case "", "false" -> ALONE;
      case "true" -> TAKE_OVER;
      default ->
          throw new IllegalArgumentException(
              VARIABLE + ": '" + text + "' (expected: true or false)");
    };
  }
}
