package io.homecell.cellctl.load;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/**
 * What the services say after the load, read over HTTP.
 *
 * @param accounts by user id; a user that answers 404 is absent
 * @param transfers status by transfer id; 404 is absent
 * @param orders by order id; 404 is absent
 * @param merchantView the rows of each merchant's list, by merchant id
 * @param cellComparison tables that differ between the cells of a group, in words; empty if equal
 */
record Observation(
    Map<Long, Account> accounts,
    Map<Long, String> transfers,
    Map<Long, Order> orders,
    Map<Long, List<Order>> merchantView,
    List<String> cellComparison) {

  /** An account with its whole ledger, oldest entry first. */
  record Account(BigDecimal balance, List<LedgerEntry> entries) {}

  /** One entry of a ledger. {@code reference} is the id of its cause. */
  record LedgerEntry(long id, String kind, BigDecimal amount, BigDecimal balance, long reference) {}

  /** An order as its own call or the merchant view shows it; {@code payment} 0 if never paid. */
  record Order(long id, long user, long merchant, BigDecimal total, String status, long payment) {}
}
