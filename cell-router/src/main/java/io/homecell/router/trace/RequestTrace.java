package io.homecell.router.trace;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.Optional;

/**
 * The names by which one request is found again: its id, and its place in a trace.
 *
 * @param requestId the client's, if it is well formed, else the trace's
 * @param traceId the sender's, else a new one
 * @param spanId of this router's part, new in each router
 * @param parent who called; empty if the trace begins here
 * @param sampled as the sender has decided, else as this router has
 * @param logged whether this router has picked it for its access log
 */
public record RequestTrace(
    String requestId,
    String traceId,
    String spanId,
    Optional<TraceContext> parent,
    boolean sampled,
    boolean logged) {
  /** The header with the request's id, on requests and on answers. */
  public static final String REQUEST_ID = "X-Request-Id";

  /** With its hash and its bytes, so that they are not computed for each message. */
  static final CharSequence REQUEST_ID_NAME = HttpHeaders.createOptimized(REQUEST_ID);

  private static final int REQUEST_ID_LENGTH_MAX = 128;

  /** Tells whoever has sent the request. */
  public void answer(MultiMap headers) {
    headers.set(REQUEST_ID_NAME, requestId);
  }

  /** Tells the next process; what a client has sent of it is replaced. */
  public void writeTo(MultiMap headers) {
    headers.set(REQUEST_ID_NAME, requestId);
    headers.set(TraceContext.PARENT, "00-" + traceId + "-" + spanId + (sampled ? "-01" : "-00"));
    if (parent.isEmpty() || parent.get().state().isEmpty()) {
      headers.remove(TraceContext.STATE);
    } else {
      headers.set(TraceContext.STATE, parent.get().state());
    }
  }

  /** Whether it can be put into a log and into a header as it is. */
  static boolean isRequestId(String text) {
    if (text.isEmpty() || text.length() > REQUEST_ID_LENGTH_MAX) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean good =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-_.~+/=:".indexOf(c) >= 0;
      if (!good) {
        return false;
      }
    }
    return true;
  }
}
