package io.homecell.router.hold;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How many requests, and how many bytes of them, the whole router may hold. Shared by all event
 * loops; what was taken never exceeds either bound, and all of it is given back.
 *
 * <p>Each cell may take a part of it only, so that the requests of one whose slots move leave room
 * for those of the others.
 */
public final class HoldBudget {
  private final int requestsMax;
  private final long bytesMax;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  private final int partPercent;
  private final Optional<HoldBudget> whole;
  private final Map<String, HoldBudget> parts = new ConcurrentHashMap<>();

  /** One that any cell may take all of. */
  public HoldBudget(int requestsMax, long bytesMax) {
    this(requestsMax, bytesMax, 100);
  }

  /**
   * @param partPercent what one cell may take, rounded up
   */
  public HoldBudget(int requestsMax, long bytesMax, int partPercent) {
    this(requestsMax, bytesMax, partPercent, Optional.empty());
  }

  private HoldBudget(int requestsMax, long bytesMax, int partPercent, Optional<HoldBudget> whole) {
    if (requestsMax < 0 || bytesMax < 0) {
      throw new IllegalArgumentException(
          "hold: " + requestsMax + " requests, " + bytesMax + " bytes (expected: >= 0)");
    }
    this.requestsMax = requestsMax;
    this.bytesMax = bytesMax;
    this.partPercent = partPercent;
    this.whole = whole;
  }

  /** What the requests of a cell may take. */
  public HoldBudget partOf(String cell) {
    HoldBudget part = parts.get(cell);
    return part != null
        ? part
        : parts.computeIfAbsent(
            cell,
            ignored ->
                new HoldBudget(
                    (int) ((requestsMax * (long) partPercent + 99) / 100),
                    (bytesMax * partPercent + 99) / 100,
                    100,
                    Optional.of(this)));
  }

  /** Whether what may be shed should not be held any more. */
  public boolean isHalfTaken() {
    return requests.get() * 2L >= requestsMax || bytes.get() * 2 >= bytesMax;
  }

  /** Takes room for one request, or nothing if there is not enough. */
  boolean tryTake(long requestBytes) {
    if (!tryTakeOwn(requestBytes)) {
      return false;
    }
    if (whole.isPresent() && !whole.get().tryTake(requestBytes)) {
      giveBackOwn(requestBytes);
      return false;
    }
    return true;
  }

  private boolean tryTakeOwn(long requestBytes) {
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
    giveBackOwn(requestBytes);
    whole.ifPresent(all -> all.giveBack(requestBytes));
  }

  private void giveBackOwn(long requestBytes) {
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
