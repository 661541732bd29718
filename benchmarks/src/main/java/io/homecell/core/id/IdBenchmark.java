package io.homecell.core.id;

import io.homecell.core.slot.Slots;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** Drawing ids, with the real clock. Faster than 4,000 ids a second and slot it borrows ticks. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class IdBenchmark {
  private final SlotIds ids = source();

  private static SlotIds source() {
    SlotIds source =
        new SlotIds(new Slots(1_024), () -> IdLayout.tickAt(System.currentTimeMillis()));
    source.grant(new NodeGrant(5, 0, IdLayout.TICK_END));
    return source;
  }

  /** Each thread's next slot. */
  @State(Scope.Thread)
  public static class Place {
    private int next;

    int slot() {
      return next++ & 1_023;
    }
  }

  @Benchmark
  public long allSlots(Place place) {
    return ids.next(place.slot());
  }

  @Benchmark
  @Threads(2)
  public long allSlotsTwoThreads(Place place) {
    return ids.next(place.slot());
  }

  @Benchmark
  public long oneSlot() {
    return ids.next(17);
  }
}
