package io.homecell.api.account;

import org.jspecify.annotations.Nullable;

/** The body of {@code POST /accounts} as it was sent. */
public record NewAccount(@Nullable String name) {}
