package io.homecell.api.account;

/**
 * A deposit that was made.
 *
 * @param balance after it
 */
public record Deposit(String depositId, String balance) {}
