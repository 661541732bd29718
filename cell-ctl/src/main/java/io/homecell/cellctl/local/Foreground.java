package io.homecell.cellctl.local;

import io.homecell.cellctl.CommandFailure;
import io.homecell.local.DeploymentLock;
import io.homecell.local.LocalDeployment;
import io.homecell.local.LogTail;
import io.homecell.local.RunningPart;
import io.homecell.local.StateFile;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Stays with a deployment until Ctrl-C, which stops everything, and tells of each process that
 * dies.
 */
final class Foreground {
  private static final long POLL_MILLIS = 500;
  private static final int TAIL_LINES = 15;

  private final LocalDeployment deployment;
  private final Path home;
  private final PrintWriter out;
  private final Map<String, Long> toldDead = new HashMap<>();
  private volatile boolean stopping;

  Foreground(LocalDeployment deployment, Path home, PrintWriter out) {
    this.deployment = deployment;
    this.home = home;
    this.out = out;
  }

  /** Returns when the deployment was stopped by somebody else. */
  int stay() {
    say("Ctrl-C stops everything.");
    StopOnExit guard =
        StopOnExit.register(
            () -> {
              stopping = true;
              say("");
              say("stopping");
              deployment.stop(new UpProgress(out, deployment.parts().size()));
            });
    while (true) {
      pause();
      List<RunningPart> now = StateFile.processesIn(LocalDeployment.stateFile(home));
      if (now.isEmpty()) {
        guard.release();
        say("stopped by `cellctl down`");
        return 0;
      }
      tellDead(now);
    }
  }

  /** What ends while somebody starts or stops parts on purpose has not died. */
  private void tellDead(List<RunningPart> now) {
    List<RunningPart> dead = now.stream().filter(part -> !part.isAlive()).toList();
    if (!dead.isEmpty() && !stopping && !DeploymentLock.isTaken(home)) {
      // Read again: what was stopped on purpose a moment ago is no longer in the file.
      List<RunningPart> still = StateFile.processesIn(LocalDeployment.stateFile(home));
      dead.stream().filter(still::contains).forEach(this::tellDead);
    }
  }

  private void tellDead(RunningPart part) {
    Long before = toldDead.put(part.name(), part.pid());
    if (before == null || before != part.pid()) {
      say(
          part.name()
              + " (pid "
              + part.pid()
              + ") has died; "
              + LogTail.describe(part.log(), TAIL_LINES)
              + "\n`cellctl up` in another terminal starts it again.");
    }
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }

  private static void pause() {
    try {
      Thread.sleep(POLL_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }
}
