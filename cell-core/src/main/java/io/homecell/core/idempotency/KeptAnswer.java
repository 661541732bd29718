package io.homecell.core.idempotency;

/**
 * The answer of a request, now or the first time.
 *
 * @param status the HTTP status
 * @param replayed whether it was kept from an earlier request with the same key
 */
public record KeptAnswer<T>(int status, T body, boolean replayed) {}
