package io.homecell.sync.capture;

/**
 * A DATE, DATETIME or TIMESTAMP that no calendar has, such as {@code 0000-00-00} or {@code
 * 2026-02-31}, as MySQL writes it; digits and separators only.
 */
public record IrregularDate(String text) {
  public IrregularDate {
    if (!text.chars().allMatch(c -> (c >= '0' && c <= '9') || "-: .".indexOf(c) >= 0)) {
      throw new IllegalArgumentException("date: '" + text + "' (expected: digits, '-: .')");
    }
  }
}
