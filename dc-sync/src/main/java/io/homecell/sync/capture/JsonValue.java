package io.homecell.sync.capture;

/**
 * A JSON value that text can't carry: it holds dates, decimals or numbers of a kind that MySQL
 * would not read from text again.
 *
 * @param text as MySQL shows it, near enough to be read by people
 * @param sql an expression whose value is this very value, safe as it stands
 */
public record JsonValue(String text, String sql) {}
