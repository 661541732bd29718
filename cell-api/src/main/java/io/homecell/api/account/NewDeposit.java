package io.homecell.api.account;

import org.jspecify.annotations.Nullable;

/** The body of {@code POST /accounts/{userId}/deposits} as it was sent. */
public record NewDeposit(@Nullable String amount) {}
