package io.homecell.core.near;

import io.homecell.core.fence.WriteToken;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The transactions that a server has executed ({@code gtid_executed}), for questions about one
 * server's. Identifiers with a tag (MySQL 8.3) are left out: no commit of an application has one.
 * Immutable.
 */
final class ExecutedGtids {
  static final ExecutedGtids NONE = new ExecutedGtids(Map.of());

  /** First and last of each interval, in order. */
  private final Map<String, long[]> intervals;

  private ExecutedGtids(Map<String, long[]> intervals) {
    this.intervals = intervals;
  }

  /**
   * Reads a set as MySQL writes it.
   *
   * @throws IllegalArgumentException if it is none
   */
  static ExecutedGtids parse(String text) {
    Map<String, long[]> intervals = new HashMap<>();
    for (String each : text.replaceAll("\\s", "").split(",", -1)) {
      if (!each.isEmpty()) {
        String[] parts = each.split(":", -1);
        long[] ends = ends(Arrays.asList(parts).subList(1, parts.length), text);
        if (ends.length > 0) {
          intervals.put(parts[0].toLowerCase(Locale.ROOT), ends);
        }
      }
    }
    return new ExecutedGtids(intervals);
  }

  private static long[] ends(List<String> parts, String text) {
    List<Long> ends = new ArrayList<>();
    for (String part : parts) {
      if (!part.isEmpty() && !Character.isDigit(part.charAt(0))) {
        break; // a tag, and its own intervals behind it
      }
      int hyphen = part.indexOf('-');
      try {
        ends.add(Long.parseLong(hyphen < 0 ? part : part.substring(0, hyphen)));
        ends.add(Long.parseLong(part.substring(hyphen + 1)));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException("gtids: '" + text + "' (expected: a GTID set)", e);
      }
    }
    return ends.stream().mapToLong(Long::longValue).toArray();
  }

  /** The highest number of a server's; 0 if there is none. */
  long last(String server) {
    long[] ends = intervals.get(server);
    return ends == null ? 0 : ends[ends.length - 1];
  }

  /** Whether each of a server's up to a number is executed; of none it is. */
  boolean hasAllUpTo(String server, long number) {
    return number == 0 || has(server, 1, number);
  }

  boolean has(WriteToken written) {
    return has(written.server(), written.first(), written.last());
  }

  private boolean has(String server, long first, long last) {
    long[] ends = intervals.get(server);
    for (int i = 0; ends != null && i < ends.length; i += 2) {
      if (ends[i] <= first && last <= ends[i + 1]) {
        return true;
      }
    }
    return false;
  }
}
