package io.homecell.router.link;

import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpFrame;
import io.vertx.core.http.impl.HttpClientStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The fields behind a request's body, from one router to another: a frame of a type of their own
 * (RFC 9113, 5.5 leaves those that are unknown to be passed over), since Vert.x sends and reads
 * such fields with answers only. Written before the end of the body, as {@code name: value} lines.
 * Pure.
 */
public final class TrailerFrame {
  private static final int TYPE = 0x54;
  private static final String LINE_END = "\r\n";
  private static final String COLON = ": ";

  /** What a frame may hold that no setting has made larger. */
  private static final int BYTES_MAX = 16_384;

  private TrailerFrame() {}

  /** Ends with them, unless they are more than a frame holds; then the request goes without. */
  static void end(HttpClientRequest request, HttpClientStream on, MultiMap trailers) {
    Buffer payload = write(trailers);
    if (payload.length() <= BYTES_MAX) {
      request.writeCustomFrame(TYPE, 0, payload);
    }
    request.end();
  }

  static Buffer write(MultiMap trailers) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, String> trailer : trailers) {
      text.append(trailer.getKey()).append(COLON).append(trailer.getValue()).append(LINE_END);
    }
    return Buffer.buffer(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Adds what a frame says, if it is one of these. */
  public static void read(HttpFrame frame, MultiMap to) {
    if (frame.type() != TYPE) {
      return;
    }
    for (String line : frame.payload().toString(StandardCharsets.UTF_8).split(LINE_END, -1)) {
      int colon = line.indexOf(COLON);
      if (colon > 0) {
        to.add(line.substring(0, colon), line.substring(colon + COLON.length()));
      }
    }
  }
}
