package io.homecell.api.trade;

/**
 * What the scheduled jobs ask of a trade cell. Called for a cell, not for a slot.
 *
 * <p>Invariant: each transaction of a run checks the run's job epoch in the cell's own database, so
 * a run that goes on after its job has moved to another datacenter is refused there, whatever it
 * believes. Both calls may be repeated: the second one finds the work done.
 */
public interface SettlementService {
  /** The job whose epoch {@link #settle} checks. */
  String SETTLEMENT_JOB = "settlement";

  /** The job whose epoch {@link #expireOrders} checks. */
  String EXPIRY_JOB = "expire-orders";

  /**
   * Sums a day's orders by merchant, for the merchants whose slots the cell owns, from the merchant
   * view as it stands. Doing it again gives the same rows, plus what has arrived in the view since.
   *
   * @param cell the cell that is meant; another one refuses
   * @param day in UTC, {@code 2026-11-22}; one that is not over gives what is known so far
   * @param jobEpoch the ownership epoch of {@link #SETTLEMENT_JOB}
   * @throws StaleJobException if a run with a higher epoch has written here
   * @throws io.homecell.core.http.ProblemException 400 if this is another cell, or that is no day
   */
  SettlementResult settle(String cell, String day, long jobEpoch) throws StaleJobException;

  /**
   * Cancels the orders that have waited too long for their payment, in the slots that the cell
   * owns.
   *
   * @param cell the cell that is meant; another one refuses
   * @param jobEpoch the ownership epoch of {@link #EXPIRY_JOB}
   * @throws StaleJobException if a run with a higher epoch has written here
   * @throws io.homecell.core.http.ProblemException 400 if this is another cell
   */
  ExpiryResult expireOrders(String cell, long jobEpoch) throws StaleJobException;
}
