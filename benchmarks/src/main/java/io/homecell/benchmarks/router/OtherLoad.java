package io.homecell.benchmarks.router;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What else the machine does, looked at while nothing of ours has work: rates and latencies of a
 * busy machine say little about the proxies. Linux only; elsewhere it sees nothing.
 */
final class OtherLoad {
  private static final Path STAT = Path.of("/proc/stat");
  private static final Duration LOOK = Duration.ofMillis(500);
  private static final double BUSY = 0.05;

  // user, nice, system, idle, iowait, irq, softirq, steal
  private static final int IDLE = 3;
  private static final int IO_WAIT = 4;
  private static final int KINDS = 8;

  private final List<Double> shares = new ArrayList<>();

  /** Looks for a moment; call it between two measurements. */
  void look() throws IOException, InterruptedException {
    if (!Files.exists(STAT)) {
      return;
    }
    long[] before = ticks();
    Thread.sleep(LOOK.toMillis());
    long[] after = ticks();
    long idle = after[IDLE] + after[IO_WAIT] - before[IDLE] - before[IO_WAIT];
    long all = Arrays.stream(after).sum() - Arrays.stream(before).sum();
    shares.add(all == 0 ? 0 : 1 - (double) idle / all);
  }

  private static long[] ticks() throws IOException {
    return Arrays.stream(Files.readAllLines(STAT).get(0).trim().split(" +"))
        .skip(1)
        .limit(KINDS)
        .mapToLong(Long::parseLong)
        .toArray();
  }

  /** What to make of it, in a line. */
  String verdict() {
    double most = shares.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    double mean = shares.stream().mapToDouble(Double::doubleValue).average().orElse(0);
    return "other processes took %.0f %% of the machine (at most %.0f %%)%s"
        .formatted(
            100 * mean,
            100 * most,
            mean > BUSY ? ": BUSY, take none of these figures but the CPU's" : "");
  }
}
