package io.homecell.core.id;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.homecell.core.slot.Slots;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SlotIdsTest {
  private final AtomicLong clock = new AtomicLong(500);
  private final Slots slots = new Slots(1_024);
  private final IdLayout layout = new IdLayout(slots);
  private final SlotIds ids = new SlotIds(slots, clock::get);

  @Test
  void refusesWithoutAGrantAndBeyondIt() {
    assertThatExceptionOfType(IdsUnavailableException.class).isThrownBy(() -> ids.next(0));

    ids.grant(new NodeGrant(33, 0, 501));
    for (int i = 0; i < 32; i++) {
      ids.next(0);
    }
    assertThatExceptionOfType(IdsUnavailableException.class)
        .isThrownBy(() -> ids.next(0))
        .withMessageContaining("draws faster");
    assertThat(ids.next(1)).isPositive();

    clock.set(501);
    assertThatExceptionOfType(IdsUnavailableException.class)
        .isThrownBy(() -> ids.next(1))
        .withMessageContaining("the database did not let it reserve more");

    ids.grant(new NodeGrant(33, 0, 502));
    assertThat(ids.next(0)).isPositive();
  }

  @Test
  void startsAboveWhatAnEarlierHolderReserved() {
    ids.grant(new NodeGrant(33, 700, 800));
    long id = ids.next(9);
    assertThat(layout.drawnAt(id)).isEqualTo(Instant.ofEpochMilli(1_704_067_200_000L + 700 * 8));
    assertThat(layout.node(id)).isEqualTo(33);
    assertThat(ids.highestTick()).isEqualTo(700);
  }

  @Test
  void knowsNoOtherSlots() {
    ids.grant(new NodeGrant(0, 0, 1_000));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ids.next(1_024))
        .withMessage("slot: 1024 (expected: 0 to 1023)");
    assertThatIllegalArgumentException().isThrownBy(() -> ids.next(-1));
  }

  @Test
  void ticksLastUntil2093() {
    assertThat(layout.drawnAt(Long.MAX_VALUE))
        .isBetween(Instant.parse("2093-01-01T00:00:00Z"), Instant.parse("2094-01-01T00:00:00Z"));
    assertThat(IdLayout.tickAt(Instant.parse("2023-06-01T00:00:00Z").toEpochMilli())).isZero();
  }

  @Test
  @Timeout(30)
  void threadsNeverDrawTheSameIdEvenWhileTheGrantChanges() throws Exception {
    int threads = 4;
    int each = 200_000;
    ids.grant(new NodeGrant(40, 0, IdLayout.TICK_END));
    ExecutorService pool = Executors.newFixedThreadPool(threads + 1);
    try {
      List<Future<long[]>> drawn = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        drawn.add(pool.submit(() -> draw(each)));
      }
      Future<?> changes =
          pool.submit(
              () -> {
                for (int i = 0; i < 2_000; i++) {
                  // Two numbers, each in ticks that only this process has.
                  ids.grant(new NodeGrant(40 + i % 2, 0, IdLayout.TICK_END));
                  clock.addAndGet(i % 3 - 1);
                  Thread.onSpinWait();
                }
              });
      long[] all = new long[threads * each];
      for (int t = 0; t < threads; t++) {
        System.arraycopy(drawn.get(t).get(), 0, all, t * each, each);
      }
      changes.get();
      assertThat(Arrays.stream(all).distinct().count()).isEqualTo(all.length);
    } finally {
      pool.shutdownNow();
    }
    assertThat(Duration.ofMillis(ids.highestTick() * IdLayout.TICK_MILLIS)).isPositive();
  }

  private long[] draw(int count) {
    long[] drawn = new long[count];
    for (int i = 0; i < count; i++) {
      drawn[i] = ids.next(i % 3);
      assertThat(i < 3 || drawn[i] > drawn[i - 3]).isTrue();
    }
    return drawn;
  }
}
