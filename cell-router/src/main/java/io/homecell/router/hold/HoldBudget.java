package io.homecell.router.hold;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many requests, and how many bytes of them, the whole router may hold. Shared by all event
 * loops; what was taken never exceeds either bound, and all of it is given back.
 */
public final class HoldBudget {
  private final int requestsMax;
  private final long bytesMax;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  public HoldBudget(int requestsMax, long bytesMax) {
    if (requestsMax < 0 || bytesMax < 0) {
      throw new IllegalArgumentException(
          "hold: " + requestsMax + " requests, " + bytesMax + " bytes (expected: >= 0)");
    }
    this.requestsMax = requestsMax;
    this.bytesMax = bytesMax;
  }

  /** Takes room for one request, or nothing if there is not enough. */
  boolean tryTake(long requestBytes) {
    if (!tryAdd(requestBytes)) {
      return false;
    }
    if (requests.getAndUpdate(held -> held < requestsMax ? held + 1 : held) >= requestsMax) {
      bytes.addAndGet(-requestBytes);
      return false;
    }
    return true;
  }

  private boolean tryAdd(long requestBytes) {
    long held = bytes.get();
    while (held + requestBytes <= bytesMax) {
      if (bytes.compareAndSet(held, held + requestBytes)) {
        return true;
      }
      held = bytes.get();
    }
    return false;
  }

  void giveBack(long requestBytes) {
    bytes.addAndGet(-requestBytes);
    requests.decrementAndGet();
  }

  public int requests() {
    return requests.get();
  }

  public long bytes() {
    return bytes.get();
  }
}
