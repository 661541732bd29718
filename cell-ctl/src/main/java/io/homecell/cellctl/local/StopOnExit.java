package io.homecell.cellctl.local;

import io.homecell.local.LocalDeployment;
import io.homecell.local.StartProgress;
import java.io.PrintWriter;

/** Stops a deployment when this process ends, as by Ctrl-C, until it is released. */
final class StopOnExit {
  private final Thread hook;

  private StopOnExit(Thread hook) {
    this.hook = hook;
  }

  /** For the time of a start: what was started so far is stopped. */
  static StopOnExit during(LocalDeployment deployment, PrintWriter err) {
    return register(
        () -> {
          err.println("\nstopping what was started");
          err.flush();
          deployment.stop(StartProgress.SILENT);
        });
  }

  static StopOnExit register(Runnable stop) {
    Thread hook = new Thread(stop, "stop deployment");
    Runtime.getRuntime().addShutdownHook(hook);
    return new StopOnExit(hook);
  }

  void release() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException shuttingDown) {
      // the hook runs already
    }
  }
}
