package io.homecell.api.trade;

import java.io.Serializable;
import java.math.BigDecimal;

/**
 * What a settlement of one day in one cell found.
 *
 * @param merchants that had a paid or refunded order on that day, in slots that the cell owns
 * @param paidOrders paid on that day, also if they were refunded later
 * @param paidTotal their sum
 * @param refundedOrders refunded on that day, whenever they were paid
 * @param refundedTotal their sum
 */
public record SettlementResult(
    String cell,
    String day,
    int merchants,
    long paidOrders,
    BigDecimal paidTotal,
    long refundedOrders,
    BigDecimal refundedTotal)
    implements Serializable {}
