package io.homecell.api.account;

import org.jspecify.annotations.Nullable;

/** The body of {@code POST /accounts/{userId}/transfers} as it was sent. */
public record NewTransfer(@Nullable String to, @Nullable String amount) {}
