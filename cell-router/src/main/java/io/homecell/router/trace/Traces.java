package io.homecell.router.trace;

import io.vertx.core.MultiMap;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Gives each request its names. Belongs to one thread. */
public final class Traces {
  private static final char[] DIGITS = "0123456789abcdef".toCharArray();
  private static final int DIGITS_OF_A_LONG = 16;

  private final RandomGenerator random;
  private final double share;

  /**
   * @param share of the requests that are picked, 0 to 1
   */
  public Traces(RandomGenerator random, double share) {
    this.random = random;
    this.share = share;
  }

  /** The names of a request with these headers. */
  public RequestTrace of(MultiMap headers) {
    boolean picked = share >= 1 || random.nextDouble() < share;
    Optional<TraceContext> parent =
        headers.contains(TraceContext.PARENT)
            ? TraceContext.parse(
                headers.getAll(TraceContext.PARENT), headers.getAll(TraceContext.STATE))
            : Optional.empty();
    String traceId =
        parent.isPresent() ? parent.get().traceId() : digits(nonZero()) + digits(random.nextLong());
    boolean sampled = parent.isPresent() ? parent.get().sampled() : picked;
    return new RequestTrace(
        requestId(headers).orElse(traceId), traceId, digits(nonZero()), parent, sampled, picked);
  }

  private static Optional<String> requestId(MultiMap headers) {
    if (!headers.contains(RequestTrace.REQUEST_ID_NAME)) {
      return Optional.empty();
    }
    List<String> given = headers.getAll(RequestTrace.REQUEST_ID);
    return given.size() == 1 && RequestTrace.isRequestId(given.get(0))
        ? Optional.of(given.get(0))
        : Optional.empty();
  }

  private long nonZero() {
    long drawn = random.nextLong();
    return drawn == 0 ? 1 : drawn;
  }

  private static String digits(long number) {
    char[] text = new char[DIGITS_OF_A_LONG];
    long rest = number;
    for (int i = DIGITS_OF_A_LONG - 1; i >= 0; i--) {
      text[i] = DIGITS[(int) (rest & 15)];
      rest >>>= 4;
    }
    return new String(text);
  }
}
