package io.homecell.router.trace;

import io.vertx.core.http.HttpHeaders;
import java.util.List;
import java.util.Optional;

/**
 * Where a request stands in a trace: W3C Trace Context, as a sender tells it. Pure.
 *
 * @param traceId 32 lower case hexadecimal digits, not all 0
 * @param spanId the sender's, 16 of them
 * @param sampled whether somebody before has decided that the trace is recorded
 * @param state what vendors pass along, as it came; empty if there is none or it is too long
 */
public record TraceContext(String traceId, String spanId, boolean sampled, String state) {
  static final CharSequence PARENT = HttpHeaders.createOptimized("traceparent");
  static final CharSequence STATE = HttpHeaders.createOptimized("tracestate");

  private static final int LENGTH = 55;
  private static final int TRACE_ID = 3;
  private static final int SPAN_ID = 36;
  private static final int FLAGS = 53;

  /** What every participant has to pass along at least; more is dropped as a whole. */
  private static final int STATE_LENGTH_MAX = 512;

  /**
   * Reads the headers; empty if they are to be ignored, as the standard has it: absent, given
   * twice, malformed, or all 0.
   */
  static Optional<TraceContext> parse(List<String> parents, List<String> states) {
    if (parents.size() != 1) {
      return Optional.empty();
    }
    String text = parents.get(0);
    if (!isWellFormed(text)) {
      return Optional.empty();
    }
    boolean sampled = (Character.digit(text.charAt(FLAGS + 1), 16) & 1) != 0;
    return Optional.of(
        new TraceContext(
            text.substring(TRACE_ID, SPAN_ID - 1),
            text.substring(SPAN_ID, FLAGS - 1),
            sampled,
            joined(states)));
  }

  private static boolean isWellFormed(String text) {
    if (text.length() < LENGTH
        || text.charAt(TRACE_ID - 1) != '-'
        || text.charAt(SPAN_ID - 1) != '-'
        || text.charAt(FLAGS - 1) != '-'
        || !isHex(text, 0, TRACE_ID - 1)
        || text.startsWith("ff")
        || !isHex(text, TRACE_ID, SPAN_ID - 1)
        || !isHex(text, SPAN_ID, FLAGS - 1)
        || !isHex(text, FLAGS, LENGTH)
        || isZero(text, TRACE_ID, SPAN_ID - 1)
        || isZero(text, SPAN_ID, FLAGS - 1)) {
      return false;
    }
    // A later version may have more behind a dash; this one has not.
    return text.length() == LENGTH || (!text.startsWith("00") && text.charAt(LENGTH) == '-');
  }

  private static boolean isHex(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        return false;
      }
    }
    return true;
  }

  private static boolean isZero(String text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text.charAt(i) != '0') {
        return false;
      }
    }
    return true;
  }

  private static String joined(List<String> states) {
    String all = states.size() == 1 ? states.get(0) : String.join(",", states);
    return all.length() <= STATE_LENGTH_MAX ? all : "";
  }
}
