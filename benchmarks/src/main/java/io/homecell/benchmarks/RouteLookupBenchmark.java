package io.homecell.benchmarks;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * From an id to the cell that owns it, as the edge and the RPC consumer do it for each request. The
 * bar: under 20 ns, without allocation (run it with {@code -prof gc}).
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class RouteLookupBenchmark {
  private static final int IDS = 1 << 12;

  /** What a process holds: replaced when the table changes. */
  private volatile RouteTable current = table();

  private final long[] ids = new SplittableRandom(7).longs(IDS, 0, Long.MAX_VALUE).toArray();

  /** Each thread's place in the ids. */
  @State(Scope.Thread)
  public static class Place {
    private int next;

    int next() {
      return next++ & (IDS - 1);
    }
  }

  private static RouteTable table() {
    List<RouteTable.Run> runs = new ArrayList<>();
    for (int slot = 0; slot < 1_024; slot++) {
      // No two neighbours alike, as after many partial moves.
      runs.add(
          new RouteTable.Run(
              new SlotRange(slot, slot), SlotRoute.open("cell-" + slot % 5, 1 + slot % 7)));
    }
    return RouteTable.ofRuns(9, new Slots(1_024), runs);
  }

  /** What the loop around a lookup costs: to be taken off the other figure. */
  @Benchmark
  public long baseline(Place place) {
    return ids[place.next()];
  }

  @Benchmark
  public String owner(Place place) {
    return current.ofId(ids[place.next()]).owner();
  }
}
