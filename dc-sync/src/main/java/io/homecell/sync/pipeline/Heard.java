package io.homecell.sync.pipeline;

import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.capture.TransactionSink;
import java.time.Duration;
import java.util.Optional;

/**
 * Knows for how long the source has shown nothing. A source that dies without a word closes no
 * connection; that it is heard no more is all there is to see, whatever waits at the target
 * meanwhile.
 *
 * <p>Safe for any number of threads. Tested by HeardTest and SilentSourceIT.
 */
final class Heard {
  private boolean anything;
  private int taking;
  private long lastNanos;

  /** The same sink; what it takes is heard. */
  TransactionSink around(TransactionSink sink) {
    return transaction -> take(sink, transaction);
  }

  private void take(TransactionSink sink, SourceTransaction transaction)
      throws InterruptedException {
    begin();
    try {
      sink.take(transaction);
    } finally {
      end(System.nanoTime());
    }
  }

  synchronized void begin() {
    taking++;
  }

  synchronized void end(long nowNanos) {
    taking--;
    anything = true;
    lastNanos = nowNanos;
  }

  /**
   * How long it has been silent. Empty before it has shown anything, as it may look for the place
   * to begin at, and while what it has shown waits for room: nobody listens then.
   */
  synchronized Optional<Duration> silence(long nowNanos) {
    return anything && taking == 0
        ? Optional.of(Duration.ofNanos(Math.max(0, nowNanos - lastNanos)))
        : Optional.empty();
  }
}
