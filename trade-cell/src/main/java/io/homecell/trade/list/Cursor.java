package io.homecell.trade.list;

import io.homecell.api.Page;
import io.homecell.core.http.ProblemException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Cursors of lists: the key of the last item shown, wrapped so that callers don't build on what is
 * inside. A list that changes between two pages shows no item twice.
 */
public final class Cursor {
  private static final int KEY_MAX = 64;

  private Cursor() {}

  /**
   * A page of items, of which one more than a page holds has been looked for.
   *
   * @param key of an item: where the next page starts behind
   */
  public static <T> Page<T> page(List<T> found, int atMost, Function<T, String> key) {
    if (found.size() <= atMost) {
      return new Page<>(found, null);
    }
    List<T> items = found.subList(0, atMost);
    return new Page<>(items, write(key.apply(items.get(atMost - 1))));
  }

  static String write(String key) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(key.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The key inside a cursor.
   *
   * @param first the answer if there is no cursor
   * @throws ProblemException 400 if it is no cursor of ours
   */
  public static String read(@Nullable String cursor, String first) {
    if (cursor == null || cursor.isEmpty()) {
      return first;
    }
    try {
      byte[] key = Base64.getUrlDecoder().decode(cursor);
      if (key.length <= KEY_MAX) {
        return new String(key, StandardCharsets.UTF_8);
      }
    } catch (IllegalArgumentException notBase64) {
      // told below
    }
    throw bad(cursor);
  }

  /**
   * The id inside a cursor.
   *
   * @throws ProblemException 400 if it is no cursor of ours
   */
  public static long readId(@Nullable String cursor, long first) {
    try {
      return Long.parseLong(read(cursor, Long.toString(first)));
    } catch (NumberFormatException notANumber) {
      throw bad(String.valueOf(cursor));
    }
  }

  private static ProblemException bad(String cursor) {
    return new ProblemException(
        400, "bad-cursor", "cursor: '" + cursor + "' (expected: one that a list answered as next)");
  }
}
