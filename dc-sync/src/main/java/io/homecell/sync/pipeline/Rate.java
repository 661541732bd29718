package io.homecell.sync.pipeline;

import java.time.Duration;
import java.util.ArrayDeque;

/**
 * How fast a total grows: over the last ten seconds, by one sample a second. Zero when it is not
 * sampled any more. Safe for any number of threads.
 */
final class Rate {
  private static final long SAMPLE_EACH = Duration.ofSeconds(1).toNanos();
  private static final int SAMPLES = 11;
  private static final long STALE = Duration.ofSeconds(3).toNanos();

  private record Sample(long at, double total) {}

  private final ArrayDeque<Sample> samples = new ArrayDeque<>(SAMPLES);

  synchronized void sample(long nowNanos, double total) {
    Sample last = samples.peekLast();
    if (last != null && nowNanos - last.at() > STALE) {
      samples.clear(); // what came in between is not known to be recent
      last = null;
    }
    if (last == null || nowNanos - last.at() >= SAMPLE_EACH) {
      if (samples.size() == SAMPLES) {
        samples.removeFirst();
      }
      samples.addLast(new Sample(nowNanos, total));
    }
  }

  synchronized double perSecond(long nowNanos) {
    Sample first = samples.peekFirst();
    Sample last = samples.peekLast();
    if (first == null || last == null || first.at() == last.at() || nowNanos - last.at() > STALE) {
      return 0;
    }
    return (last.total() - first.total()) * 1e9 / (last.at() - first.at());
  }
}
