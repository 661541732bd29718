package io.homecell.api.trade;

/**
 * A run of a job came with an older ownership epoch than one that has already written to this cell:
 * the job belongs to somebody else by now. The transaction that found it had no effect; the run
 * must stop.
 */
public final class StaleJobException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String job;
  private final long epoch;
  private final long newest;

  /**
   * @param epoch the run's ownership epoch
   * @param newest the highest one that has written here
   */
  public StaleJobException(String job, long epoch, long newest) {
    super("job " + job + " epoch: " + epoch + " (expected: >= " + newest + ")");
    this.job = job;
    this.epoch = epoch;
    this.newest = newest;
  }

  public String job() {
    return job;
  }

  public long epoch() {
    return epoch;
  }

  public long newest() {
    return newest;
  }
}
