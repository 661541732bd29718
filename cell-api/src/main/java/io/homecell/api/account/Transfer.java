package io.homecell.api.account;

/**
 * A transfer as its payer sees it. Ids and amounts are decimal text.
 *
 * @param at when it was taken from the payer; RFC 3339, UTC
 */
public record Transfer(
    String transferId, TransferStatus status, String to, String amount, String at) {}
