package io.homecell.router.upstream;

/**
 * What an instance, or several together, have done in a window of time. Pure.
 *
 * @param nanos that all answers together took
 */
record Figures(int answers, int failures, long nanos) {
  static final Figures NONE = new Figures(0, 0, 0);

  private static final int ANSWERS_MIN = 20;
  private static final double FAILURES_MIN = 0.5;
  private static final double FAILURES_OF_OTHERS = 2;
  private static final double SLOWER = 3;
  private static final long SLOWER_MIN_NANOS = 50_000_000;

  Figures plus(Figures other) {
    return new Figures(answers + other.answers, failures + other.failures, nanos + other.nanos);
  }

  /** Why this one stands out from the others. */
  enum Verdict {
    AS_OTHERS,
    FAILS,
    SLOW
  }

  /**
   * Compares an instance with the others of its cell. Where all are bad the cell is: leaving one
   * out would help nobody.
   */
  Verdict among(Figures others) {
    if (answers < ANSWERS_MIN || others.answers < ANSWERS_MIN) {
      return Verdict.AS_OTHERS;
    }
    double failing = (double) failures / answers;
    double othersFailing = (double) others.failures / others.answers;
    if (failing >= FAILURES_MIN && failing >= FAILURES_OF_OTHERS * othersFailing) {
      return Verdict.FAILS;
    }
    double mean = (double) nanos / answers;
    double othersMean = (double) others.nanos / others.answers;
    return mean > SLOWER * othersMean && mean - othersMean > SLOWER_MIN_NANOS
        ? Verdict.SLOW
        : Verdict.AS_OTHERS;
  }
}
