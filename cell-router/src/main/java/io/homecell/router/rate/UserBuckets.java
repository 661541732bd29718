package io.homecell.router.rate;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * The buckets of all users in a table of a fixed size, each in one number: 18 bits of the key's
 * hash and 46 bits of the time at which it is full again, in microseconds.
 *
 * <p>A key may be in one of the four places of its set. Places whose bucket is full by now are
 * free. If none is, the one that is full soonest is taken over: its user may send a little more
 * than allowed. So a table that is too small makes the limit less exact in favour of the users; no
 * user is refused for what another one does, but for hashes that are the same (one in 65,000). Safe
 * for any number of threads, without a lock.
 */
final class UserBuckets {
  private static final int WAYS = 4;
  private static final int TIME_BITS = 46;
  private static final long TIME_MASK = (1L << TIME_BITS) - 1;

  private final AtomicLongArray places;
  private final int sets;

  /**
   * @param places a power of two, 8 bytes each
   */
  UserBuckets(int places) {
    if (places < WAYS || Integer.bitCount(places) != 1) {
      throw new IllegalArgumentException(
          "places: " + places + " (expected: a power of two, >= " + WAYS + ")");
    }
    this.places = new AtomicLongArray(places);
    this.sets = places / WAYS;
  }

  /**
   * Takes a request's token.
   *
   * @param now in microseconds, from 0
   * @return how long to wait, in microseconds; 0 if it was taken
   */
  long take(long key, Bucket bucket, long now) {
    long hash = mixed(key);
    int first = (int) (hash & (sets - 1)) * WAYS;
    long mark = Math.max(1, hash >>> TIME_BITS) << TIME_BITS;
    while (true) {
      int at = placeOf(mark, first);
      long before = places.get(at);
      long fullAt = (before & ~TIME_MASK) == mark ? before & TIME_MASK : 0;
      long wait = bucket.waitOf(fullAt, now);
      if (wait > 0) {
        return wait;
      }
      // Who loses to another thread looks again; the other one has got on.
      if (places.compareAndSet(at, before, mark | bucket.after(fullAt, now))) {
        return 0;
      }
    }
  }

  /** Its place, or the one that is full soonest, which a free one is. */
  private int placeOf(long mark, int first) {
    int soonest = first;
    long soonestFullAt = Long.MAX_VALUE;
    for (int at = first; at < first + WAYS; at++) {
      long held = places.get(at);
      if ((held & ~TIME_MASK) == mark) {
        return at;
      }
      if ((held & TIME_MASK) < soonestFullAt) {
        soonestFullAt = held & TIME_MASK;
        soonest = at;
      }
    }
    return soonest;
  }

  /** The finalizer of MurmurHash3: ids that differ in a bit differ everywhere. */
  private static long mixed(long key) {
    long hash = key;
    hash = (hash ^ (hash >>> 33)) * 0xff51afd7ed558ccdL;
    hash = (hash ^ (hash >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return hash ^ (hash >>> 33);
  }
}
