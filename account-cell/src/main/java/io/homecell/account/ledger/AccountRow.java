package io.homecell.account.ledger;

import java.math.BigDecimal;

/**
 * An account as it is stored.
 *
 * @param entries how many ledger entries it has
 */
public record AccountRow(long userId, String name, BigDecimal balance, long entries) {}
