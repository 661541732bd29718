package io.homecell.cellctl.load;

import java.util.concurrent.CountDownLatch;

/**
 * Lets a work that is asked to end (Ctrl-C, SIGTERM) come to its end, rather than cutting it off.
 * The work itself must be bounded in time; this waits for it however long it takes.
 */
final class EarlyEnd implements AutoCloseable {
  private final CountDownLatch over = new CountDownLatch(1);
  private final Thread hook;

  private EarlyEnd(Runnable ask) {
    hook =
        new Thread(
            () -> {
              ask.run();
              awaitOver();
            },
            "early end");
  }

  /**
   * From now until it is closed.
   *
   * @param ask asks the work to end
   */
  static EarlyEnd of(Runnable ask) {
    EarlyEnd made = new EarlyEnd(ask);
    Runtime.getRuntime().addShutdownHook(made.hook);
    return made;
  }

  private void awaitOver() {
    try {
      over.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    over.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // the hook runs already, and ends now
    }
  }
}
