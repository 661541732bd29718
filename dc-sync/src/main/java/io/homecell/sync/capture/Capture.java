package io.homecell.sync.capture;

import java.util.concurrent.CompletableFuture;

/** A running capture of one source. Closing it takes no further transaction out of the source. */
public interface Capture extends AutoCloseable {
  /** Completed, with the reason, when the capture ends by itself; normally after {@link #close}. */
  CompletableFuture<Void> ended();

  @Override
  void close();
}
