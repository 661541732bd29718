package io.homecell.sync.capture;

/** Takes captured transactions in commit order, on one thread. */
@FunctionalInterface
public interface TransactionSink {
  /**
   * Takes a transaction or a part of one; waits while there is no room, which slows the capture and
   * not memory.
   *
   * @throws InterruptedException if the pipeline is being stopped
   */
  void take(SourceTransaction transaction) throws InterruptedException;
}
