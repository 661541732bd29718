package io.homecell.core.fence;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the requests of this thread commit, for the token that their answers carry. A request is
 * served by one thread, so what it has written is known without passing it through every service.
 */
public final class Written {
  private static final ThreadLocal<Written> CURRENT = new ThreadLocal<>();

  private @Nullable WriteToken token;

  private Written() {}

  /** A request begins on this thread. */
  public static void begin() {
    CURRENT.set(new Written());
  }

  /** The request is over; what it has committed on this thread, empty if nothing. */
  public static Optional<WriteToken> end() {
    Written written = CURRENT.get();
    CURRENT.remove();
    return written == null ? Optional.empty() : Optional.ofNullable(written.token);
  }

  static boolean isAsked() {
    return CURRENT.get() != null;
  }

  static void note(WriteToken committed) {
    Written written = CURRENT.get();
    if (written != null) {
      WriteToken before = written.token;
      written.token = before == null ? committed : before.and(committed);
    }
  }
}
