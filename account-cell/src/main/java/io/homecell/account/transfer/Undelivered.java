package io.homecell.account.transfer;

import java.math.BigDecimal;
import java.time.Instant;

/** A transfer that the payee's home has not yet answered. */
record Undelivered(long transferId, long payer, long payee, BigDecimal amount, Instant startedAt) {}
