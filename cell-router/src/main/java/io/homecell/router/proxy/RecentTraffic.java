package io.homecell.router.proxy;

import io.homecell.core.slot.Slots;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.IntPredicate;

/**
 * How many users and requests of each slot were seen of late: in the last five to ten minutes, by
 * this router.
 *
 * <p>Users are counted without being kept: each sets one bit of its slot's, and the share of unset
 * bits tells how many there were (linear counting: Whang, Vander-Zanden, Taylor, 1990). Of two
 * periods the older is dropped as a whole. Memory is fixed, half a megabyte at most; a user who was
 * seen before costs one read. Safe for any number of threads; what comes in the instant of a change
 * of periods may be lost.
 */
public final class RecentTraffic {
  static final Duration PERIOD = Duration.ofMinutes(5);
  private static final int BITS = 1 << 21;
  private static final int BITS_OF_A_SLOT_MAX = 4_096;

  /**
   * What was seen of some slots.
   *
   * @param users about so many
   * @param more whether there were more users than can be counted
   */
  public record Seen(long users, boolean more, long requests) {}

  private static final class Period {
    private final long sinceNanos;
    private final AtomicLongArray users;
    private final AtomicLongArray requests;

    Period(long sinceNanos, int words, int slots) {
      this.sinceNanos = sinceNanos;
      this.users = new AtomicLongArray(words);
      this.requests = new AtomicLongArray(slots);
    }
  }

  private record Periods(Period older, Period newer) {}

  private final Slots slots;
  private final int wordsOfASlot;
  private final AtomicBoolean changing = new AtomicBoolean();
  private volatile Periods periods;

  public RecentTraffic(Slots slots, long nowNanos) {
    this.slots = slots;
    this.wordsOfASlot = Math.min(BITS_OF_A_SLOT_MAX, BITS / slots.count()) / Long.SIZE;
    Period first = period(nowNanos);
    this.periods = new Periods(first, first);
  }

  private Period period(long nowNanos) {
    return new Period(nowNanos, slots.count() * wordsOfASlot, slots.count());
  }

  /** A request for something of a slot has ended. */
  void request(int slot, long nowNanos) {
    newest(nowNanos).requests.incrementAndGet(slot);
  }

  /** A user has asked for something; the user's own slot counts. */
  void user(long user, long nowNanos) {
    AtomicLongArray users = newest(nowNanos).users;
    int bit = (int) Math.floorMod(mixed(user), (long) wordsOfASlot * Long.SIZE);
    int word = slots.of(user) * wordsOfASlot + bit / Long.SIZE;
    long mask = 1L << (bit % Long.SIZE);
    if ((users.get(word) & mask) == 0) {
      users.accumulateAndGet(word, mask, (before, more) -> before | more);
    }
  }

  /** The finalizer of SplitMix64: neighbouring ids set bits far apart. */
  private static long mixed(long id) {
    long x = (id ^ (id >>> 30)) * 0xbf58476d1ce4e5b9L;
    x = (x ^ (x >>> 27)) * 0x94d049bb133111ebL;
    return x ^ (x >>> 31);
  }

  private Period newest(long nowNanos) {
    Period newer = periods.newer;
    if (nowNanos - newer.sinceNanos > PERIOD.toNanos() && changing.compareAndSet(false, true)) {
      Period next = period(nowNanos);
      // After a silence of a whole period the newer one is old, too.
      boolean old = nowNanos - newer.sinceNanos > 2 * PERIOD.toNanos();
      periods = new Periods(old ? next : newer, next);
      changing.set(false);
      return next;
    }
    return newer;
  }

  /** What was seen of the slots for which the question is answered yes. */
  public Seen of(IntPredicate slot, long nowNanos) {
    newest(nowNanos);
    Periods now = periods;
    double users = 0;
    long requests = 0;
    boolean more = false;
    for (int i = 0; i < slots.count(); i++) {
      if (slot.test(i)) {
        int unset = unset(now, i);
        int bits = wordsOfASlot * Long.SIZE;
        more |= unset == 0;
        users += -bits * Math.log(Math.max(unset, 1) / (double) bits);
        requests += now.newer.requests.get(i);
        requests += now.older == now.newer ? 0 : now.older.requests.get(i);
      }
    }
    return new Seen(Math.round(users), more, requests);
  }

  private int unset(Periods now, int slot) {
    int set = 0;
    for (int word = slot * wordsOfASlot; word < (slot + 1) * wordsOfASlot; word++) {
      set += Long.bitCount(now.newer.users.get(word) | now.older.users.get(word));
    }
    return wordsOfASlot * Long.SIZE - set;
  }

  /** Since when what it tells was seen. */
  public Duration covers(long nowNanos) {
    newest(nowNanos);
    return Duration.ofNanos(nowNanos - periods.older.sinceNanos);
  }
}
