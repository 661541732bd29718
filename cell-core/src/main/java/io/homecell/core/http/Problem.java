package io.homecell.core.http;

/**
 * Problem details (RFC 9457), the body of every HTTP error.
 *
 * @param type a relative reference that names the kind, such as {@code /problems/not-enough-funds}
 * @param title the kind in words
 * @param status the HTTP status
 * @param detail what happened this time: the value at fault and what was expected
 */
public record Problem(String type, String title, int status, String detail) {
  public static final String MEDIA_TYPE = "application/problem+json";

  /**
   * @param kind lower case words joined by hyphens; becomes type and title
   */
  public static Problem of(int status, String kind, String detail) {
    return new Problem("/problems/" + kind, kind.replace('-', ' '), status, detail);
  }
}
