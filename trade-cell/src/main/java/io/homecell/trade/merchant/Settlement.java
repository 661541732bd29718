package io.homecell.trade.merchant;

import io.homecell.api.trade.SettlementResult;
import io.homecell.api.trade.StaleJobException;
import io.homecell.core.fence.FencedDatabase;
import io.homecell.core.fence.NotHomeException;
import io.homecell.core.fence.Tx;
import io.homecell.core.route.Routes;
import io.homecell.trade.job.JobEpoch;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sums a day's orders by merchant, in the slots that this cell owns; one transaction for each slot.
 *
 * <p>Invariant: the moment an order was paid and the moment it was refunded never change, so the
 * rows of a day are the same whenever they are computed, as soon as the merchant view has caught up
 * with that day. A row that is computed again and is the same is not touched. Safe for any number
 * of threads.
 */
public final class Settlement {
  private static final Logger log = LoggerFactory.getLogger(Settlement.class);

  private final String cell;
  private final FencedDatabase database;
  private final Routes routes;
  private final Clock clock;

  public Settlement(String cell, FencedDatabase database, Routes routes, Clock clock) {
    this.cell = cell;
    this.database = database;
    this.routes = routes;
    this.clock = clock;
  }

  /** What one merchant, one slot or the whole cell sold and gave back on a day. */
  private record Sums(
      int merchants,
      long paidOrders,
      BigDecimal paidTotal,
      long refundedOrders,
      BigDecimal refundedTotal) {
    private static final BigDecimal NOTHING = BigDecimal.ZERO.setScale(2);
    static final Sums NONE = new Sums(0, 0, NOTHING, 0, NOTHING);

    Sums plus(Sums other) {
      return new Sums(
          merchants + other.merchants,
          paidOrders + other.paidOrders,
          paidTotal.add(other.paidTotal),
          refundedOrders + other.refundedOrders,
          refundedTotal.add(other.refundedTotal));
    }
  }

  /**
   * Settles a day.
   *
   * @param day in UTC
   * @throws StaleJobException if a newer run has written here; what was written before stays so
   */
  public SettlementResult settle(LocalDate day, JobEpoch run) {
    Instant from = day.atStartOfDay(ZoneOffset.UTC).toInstant();
    Instant to = day.plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    Sums sums = Sums.NONE;
    List<Integer> slots = run.begin(cell, database, routes) ? slotsWithOrders(from, to) : List.of();
    for (int slot : slots) {
      if (routes.current().of(slot).owner().equals(cell)) {
        sums = sums.plus(settle(slot, day, from, to, run));
      }
    }
    return new SettlementResult(
        cell,
        day.toString(),
        sums.merchants(),
        sums.paidOrders(),
        sums.paidTotal(),
        sums.refundedOrders(),
        sums.refundedTotal());
  }

  private List<Integer> slotsWithOrders(Instant from, Instant to) {
    return database.read(
        tx ->
            tx.list(
                "SELECT slot FROM trade.merchant_order WHERE paid_at >= ? AND paid_at < ?"
                    + " UNION SELECT slot FROM trade.merchant_order"
                    + " WHERE refunded_at >= ? AND refunded_at < ? ORDER BY slot",
                row -> row.getInt(1),
                from,
                to,
                from,
                to));
  }

  private Sums settle(int slot, LocalDate day, Instant from, Instant to, JobEpoch run) {
    try {
      return database.write(
          Set.of(slot),
          tx -> {
            run.check(tx);
            Sums all = Sums.NONE;
            for (Map.Entry<Long, Sums> of : byMerchant(tx, slot, from, to).entrySet()) {
              save(tx, of.getKey(), day, slot, of.getValue());
              all = all.plus(of.getValue());
            }
            return all;
          });
    } catch (NotHomeException moved) {
      log.info("{} settlement of {}: slot {} is {}'s by now", cell, day, slot, moved.owner());
      return Sums.NONE;
    }
  }

  private static Map<Long, Sums> byMerchant(Tx tx, int slot, Instant from, Instant to)
      throws SQLException {
    Map<Long, Sums> sums = new LinkedHashMap<>();
    tx.list(
        "SELECT merchant_id, SUM(paid), SUM(paid * total), SUM(refunded), SUM(refunded * total)"
            + " FROM (SELECT merchant_id, total, 1 AS paid, 0 AS refunded"
            + "   FROM trade.merchant_order WHERE slot = ? AND paid_at >= ? AND paid_at < ?"
            + "  UNION ALL SELECT merchant_id, total, 0, 1"
            + "   FROM trade.merchant_order WHERE slot = ? AND refunded_at >= ? AND refunded_at < ?"
            + " ) AS movement GROUP BY merchant_id ORDER BY merchant_id",
        row ->
            sums.put(
                row.getLong(1),
                new Sums(
                    1, row.getLong(2), row.getBigDecimal(3), row.getLong(4), row.getBigDecimal(5))),
        slot,
        from,
        to,
        slot,
        from,
        to);
    return sums;
  }

  private void save(Tx tx, long merchantId, LocalDate day, int slot, Sums sums)
      throws SQLException {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    // settled_at first: the other columns still have their old values when it is decided.
    tx.update(
        "INSERT INTO trade.settlement (merchant_id, day, slot, paid_orders, paid_total,"
            + " refunded_orders, refunded_total, settled_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) AS n"
            + " ON DUPLICATE KEY UPDATE settled_at = IF(settlement.paid_orders = n.paid_orders"
            + " AND settlement.paid_total = n.paid_total"
            + " AND settlement.refunded_orders = n.refunded_orders"
            + " AND settlement.refunded_total = n.refunded_total,"
            + " settlement.settled_at, n.settled_at), paid_orders = n.paid_orders,"
            + " paid_total = n.paid_total, refunded_orders = n.refunded_orders,"
            + " refunded_total = n.refunded_total",
        merchantId,
        day,
        slot,
        sums.paidOrders(),
        sums.paidTotal(),
        sums.refundedOrders(),
        sums.refundedTotal(),
        now);
  }
}
