package io.homecell.trade.job;

import io.homecell.api.trade.ExpiryResult;
import io.homecell.api.trade.SettlementResult;
import io.homecell.api.trade.SettlementService;
import io.homecell.core.http.ProblemException;
import io.homecell.trade.merchant.Settlement;
import io.homecell.trade.order.Expiry;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;

/** What the coordinator's jobs call. Safe for any number of threads. */
public final class JobRuns implements SettlementService {
  private final String cell;
  private final Settlement settlement;
  private final Expiry expiry;

  public JobRuns(String cell, Settlement settlement, Expiry expiry) {
    this.cell = cell;
    this.settlement = settlement;
    this.expiry = expiry;
  }

  @Override
  public SettlementResult settle(String meant, String day, long jobEpoch) {
    requireThisCell(meant);
    return settlement.settle(dayOf(day), new JobEpoch(SETTLEMENT_JOB, jobEpoch));
  }

  @Override
  public ExpiryResult expireOrders(String meant, long jobEpoch) {
    requireThisCell(meant);
    return new ExpiryResult(cell, expiry.run(new JobEpoch(EXPIRY_JOB, jobEpoch)));
  }

  private void requireThisCell(String meant) {
    if (!cell.equals(meant)) {
      throw bad("cell: '" + meant + "' (expected: " + cell + ")");
    }
  }

  private static LocalDate dayOf(String day) {
    try {
      return LocalDate.parse(day);
    } catch (DateTimeParseException notADay) {
      throw bad("day: '" + day + "' (expected: such as 2026-11-22)");
    }
  }

  private static ProblemException bad(String detail) {
    return new ProblemException(400, "bad-run", detail);
  }
}
