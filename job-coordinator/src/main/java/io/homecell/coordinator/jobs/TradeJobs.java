package io.homecell.coordinator.jobs;

import io.homecell.api.trade.ExpiryResult;
import io.homecell.api.trade.SettlementResult;
import io.homecell.api.trade.SettlementService;
import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.rpc.HomeClient;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.curator.framework.CuratorFramework;

/**
 * The jobs of the trade cells: {@code settlement} and {@code expire-orders}, over RPC, each call
 * with the job's epoch.
 */
public final class TradeJobs implements JobWork {
  private static final Duration CALL_TIMEOUT = Duration.ofSeconds(30);

  /** After a longer pause of the job, the days before are settled by hand. */
  private static final int DAYS_MAX = 31;

  private final Supplier<HomeClient> client;
  private final RouteStore routes;
  private final Clock clock;

  /**
   * @param client asked for at each call: opened when a run first needs it
   */
  public TradeJobs(Supplier<HomeClient> client, CuratorFramework coordination, Clock clock) {
    this.client = client;
    this.routes = new RouteStore(coordination);
    this.clock = clock;
  }

  @Override
  public String run(Due due) throws Exception {
    return switch (due.job()) {
      case SettlementService.SETTLEMENT_JOB -> settle(due);
      case SettlementService.EXPIRY_JOB -> expire(due);
      default ->
          throw new IllegalArgumentException(
              "job '"
                  + due.job()
                  + "' (expected: "
                  + SettlementService.SETTLEMENT_JOB
                  + " or "
                  + SettlementService.EXPIRY_JOB
                  + ")");
    };
  }

  private String expire(Due due) {
    String cell = due.cell().orElseThrow();
    ExpiryResult result = service(cell).expireOrders(cell, due.epoch());
    return result.expired() + " orders expired";
  }

  /** Every cell that owns slots, wherever it is, and every day that may have changed since. */
  private String settle(Due due) throws InterruptedException {
    RouteTable table =
        routes
            .read()
            .map(RouteStore.Versioned::table)
            .orElseThrow(() -> new CoordinationException("there is no route table"));
    List<LocalDate> days = days(due);
    long orders = 0;
    for (String cell : table.slotCountByOwner().keySet()) {
      for (LocalDate day : days) {
        if (Thread.interrupted()) {
          throw new InterruptedException("at " + cell + " " + day);
        }
        SettlementResult result = service(cell).settle(cell, day.toString(), due.epoch());
        orders += result.paidOrders();
      }
    }
    return orders
        + " paid orders of "
        + days.get(0)
        + " to "
        + days.get(days.size() - 1)
        + " in "
        + table.slotCountByOwner().keySet();
  }

  /**
   * From the day of the last run, whose rest it has not seen, to today; the first run: since
   * yesterday.
   */
  private List<LocalDate> days(Due due) {
    LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
    LocalDate first =
        due.lastDone()
            .map(at -> LocalDate.ofInstant(at, ZoneOffset.UTC))
            .orElse(today.minusDays(1));
    if (first.isBefore(today.minusDays(DAYS_MAX))) {
      first = today.minusDays(DAYS_MAX);
    }
    List<LocalDate> days = new ArrayList<>();
    for (LocalDate day = first; !day.isAfter(today); day = day.plusDays(1)) {
      days.add(day);
    }
    return days;
  }

  private SettlementService service(String cell) {
    return client.get().ofCell(SettlementService.class, cell, CALL_TIMEOUT);
  }
}
