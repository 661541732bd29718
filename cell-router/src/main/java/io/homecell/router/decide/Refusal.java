package io.homecell.router.decide;

import io.homecell.core.http.Problem;
import java.util.Optional;

/**
 * An error that the router itself answers.
 *
 * @param problem the body; its kind is also the word for metrics, from a small set
 * @param retryAfterSeconds for {@code Retry-After}
 * @param allow for {@code Allow}
 */
public record Refusal(
    Problem problem, Optional<Integer> retryAfterSeconds, Optional<String> allow) {
  private static final String OVERLOADED = "cell-overloaded";

  /** A request that is wrong, or whose outcome is not known. */
  public static Refusal of(int status, String kind, String detail) {
    return new Refusal(Problem.of(status, kind, detail), Optional.empty(), Optional.empty());
  }

  /** A request that had no effect and may be sent again, after a second. */
  public static Refusal unavailable(String kind, String detail) {
    return new Refusal(Problem.of(503, kind, detail), Optional.of(1), Optional.empty());
  }

  /** A request that had no effect, because there are too many. */
  public static Refusal overloaded(String detail) {
    return unavailable(OVERLOADED, detail);
  }

  /** A request that had no effect, because its cell has too many. */
  public static Refusal overloadedCell(String cell) {
    return overloaded("cell " + cell + " has as many requests as it bears; nothing was changed");
  }

  /** A request with more behind its head than is taken. */
  public static Refusal bodyTooLarge(int bytesMax) {
    return of(413, "body-too-large", "body: larger than " + bytesMax + " bytes");
  }

  /** Whether it was refused because there are too many. */
  public boolean isOverload() {
    return problem.type().equals("/problems/" + OVERLOADED);
  }

  /** One that sends more than it may; may be sent again later. */
  public static Refusal tooMany(String kind, String detail, int retryAfterSeconds) {
    return new Refusal(
        Problem.of(429, kind, detail), Optional.of(retryAfterSeconds), Optional.empty());
  }

  static Refusal wrongMethod(String method, String allow) {
    return new Refusal(
        Problem.of(405, "method-not-allowed", "method: " + method + " (expected: " + allow + ")"),
        Optional.empty(),
        Optional.of(allow));
  }

  public int status() {
    return problem.status();
  }
}
