package io.homecell.core.idempotency;

import io.homecell.core.http.ProblemException;
import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What makes two requests the same one.
 *
 * @param scope whose keys these are: a user id, or the cell that takes registrations
 * @param key the caller's {@code Idempotency-Key}: 1 to {@link #KEY_MAX} visible ASCII characters
 * @param requestHash of method, path and body, 64 hexadecimal digits
 */
public record RequestKey(String scope, String key, String requestHash) {
  /** The longest key, in characters. */
  public static final int KEY_MAX = 128;

  /**
   * The key of an HTTP request.
   *
   * @param header the {@code Idempotency-Key} as it was sent
   * @param request method and path, such as {@code POST /orders}
   * @param body what was read from the body: written in another order or with other blanks it is
   *     still the same request
   * @throws ProblemException 400 if there is no key, or not a usable one
   */
  public static RequestKey of(String scope, @Nullable String header, String request, Object body) {
    if (header == null || header.isEmpty()) {
      throw new ProblemException(
          400, "no-idempotency-key", "Idempotency-Key: missing (expected: a key of the caller's)");
    }
    if (header.length() > KEY_MAX || !header.chars().allMatch(c -> c > ' ' && c < 127)) {
      throw new ProblemException(
          400,
          "bad-idempotency-key",
          "Idempotency-Key: "
              + header.length()
              + " characters (expected: 1 to "
              + KEY_MAX
              + " visible ASCII characters)");
    }
    return new RequestKey(scope, header, hash(request + "\n" + Json.write(body)));
  }

  /**
   * Checks that a request that used this key earlier was this one.
   *
   * @param hashOfFirst the {@code requestHash} of that request
   * @throws ProblemException 422 if it was another
   */
  public void requireSameRequest(String hashOfFirst) {
    if (!hashOfFirst.equals(requestHash)) {
      throw new ProblemException(
          422,
          "idempotency-key-reused",
          "Idempotency-Key: '" + key + "' was used for another request");
    }
  }

  private static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is missing, which every JVM has", e);
    }
  }
}
