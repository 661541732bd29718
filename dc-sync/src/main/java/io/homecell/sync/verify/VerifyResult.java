package io.homecell.sync.verify;

import java.time.Instant;
import java.util.List;

/**
 * What a verification has found.
 *
 * @param differing proven differing rows, and those beyond the lists
 * @param equal whether everything was compared, and nothing differs or is open
 */
public record VerifyResult(
    String source,
    String target,
    Scope scope,
    Instant startedAt,
    Instant endedAt,
    long differing,
    boolean equal,
    List<TableResult> tables) {
  public VerifyResult {
    tables = List.copyOf(tables);
  }

  static VerifyResult of(
      String source, String target, Scope scope, Instant startedAt, List<TableResult> tables) {
    return new VerifyResult(
        source,
        target,
        scope,
        startedAt,
        Instant.now(),
        tables.stream().mapToLong(table -> table.differences().size() + table.more()).sum(),
        tables.stream().allMatch(TableResult::isProvenEqual),
        tables);
  }
}
