package io.homecell.api.account;

/**
 * An account as its user sees it.
 *
 * @param userId decimal text
 * @param balance decimal text with two digits after the point
 * @param cell the cell that answered: the user's home, unless their slot has been moved
 */
public record Account(String userId, String name, String balance, String cell) {}
