package io.homecell.cellctl;

import java.time.Duration;
import java.util.Locale;

/** Figures as people read them. */
public final class Words {
  private Words() {}

  /** Such as {@code 0.412 s}. */
  public static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3f s", duration.toMillis() / 1000.0);
  }

  /** Such as {@code 12.3 s}. */
  public static String aboutSeconds(Duration duration) {
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1000.0);
  }

  /** Such as {@code 1 slot}, {@code 512 slots}. */
  public static String count(long count, String one) {
    return count + " " + one + (count == 1 ? "" : one.endsWith("s") ? "es" : "s");
  }
}
