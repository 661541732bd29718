package io.homecell.router.websocket;

import java.time.Duration;
import java.util.Map;

/**
 * The bounds of WebSockets.
 *
 * @param openMax of one cell in one event loop, handshakes included; beside the limit of requests,
 *     which they leave with the 101
 * @param idle after which one on which nothing moves is closed; pings and pongs move
 * @param closeWithin how long the end of a frame is waited for, and how long the other side may
 *     take once one has ended
 */
public record WebSocketSettings(int openMax, Duration idle, Duration closeWithin) {
  private static final String IDLE = "HOMECELL_WEBSOCKET_IDLE";

  public WebSocketSettings {
    if (openMax < 1 || idle.toMillis() < 1 || closeWithin.toMillis() < 1) {
      throw new IllegalArgumentException(
          "openMax: "
              + openMax
              + ", idle: "
              + idle
              + ", closeWithin: "
              + closeWithin
              + " (expected: >= 1, each >= 1 ms)");
    }
  }

  /** What a router runs with unless told otherwise. */
  public static WebSocketSettings standard() {
    return new WebSocketSettings(4_096, Duration.ofMinutes(5), Duration.ofSeconds(2));
  }

  /**
   * The usual ones, with what the environment says: {@code HOMECELL_WEBSOCKET_IDLE}, in seconds.
   *
   * @throws IllegalArgumentException if it can't be read; the message says what was expected
   */
  public static WebSocketSettings fromEnvironment(Map<String, String> environment) {
    String text = environment.getOrDefault(IDLE, "").strip();
    if (text.isEmpty()) {
      return standard();
    }
    if (!text.matches("[1-9][0-9]{0,6}")) {
      throw new IllegalArgumentException(
          IDLE + ": '" + text + "' (expected: whole seconds, at least 1)");
    }
    return standard().withIdle(Duration.ofSeconds(Long.parseLong(text)));
  }

  public WebSocketSettings withOpenMax(int atMost) {
    return new WebSocketSettings(atMost, idle, closeWithin);
  }

  public WebSocketSettings withIdle(Duration atMost) {
    return new WebSocketSettings(openMax, atMost, closeWithin);
  }
}
