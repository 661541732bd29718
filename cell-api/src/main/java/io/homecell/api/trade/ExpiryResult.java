package io.homecell.api.trade;

import java.io.Serializable;

/**
 * What a run of the expiry did in one cell.
 *
 * @param expired orders that it cancelled
 */
public record ExpiryResult(String cell, int expired) implements Serializable {}
