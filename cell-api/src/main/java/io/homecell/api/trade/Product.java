package io.homecell.api.trade;

/**
 * A product of the catalog.
 *
 * @param price of one piece: decimal text with two digits after the point
 */
public record Product(String sku, String name, String price) {}
