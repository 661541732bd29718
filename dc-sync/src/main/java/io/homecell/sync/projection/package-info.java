/**
 * The merchant projection: carries orders, which live in their user's slot, to the table {@code
 * trade.merchant_order} in the home cell of the merchant's slot.
 */
@NullMarked
package io.homecell.sync.projection;

import org.jspecify.annotations.NullMarked;
