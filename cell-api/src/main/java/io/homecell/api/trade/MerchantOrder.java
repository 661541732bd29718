package io.homecell.api.trade;

/**
 * An order as its merchant sees it: a projection, a moment behind the order itself. Ids and amounts
 * are decimal text, times RFC 3339 in UTC.
 */
public record MerchantOrder(
    String orderId,
    String merchantId,
    String userId,
    String total,
    OrderStatus status,
    long version,
    String placedAt) {}
