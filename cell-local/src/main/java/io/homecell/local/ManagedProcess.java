package io.homecell.local;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * A child process with a log file: started, waited for until it is ready, stopped.
 *
 * <p>A process that dies is told with the end of its log. Safe for any number of threads.
 */
public final class ManagedProcess {
  private static final int TAIL_LINES = 15;
  private static final Duration POLL = Duration.ofMillis(25);
  private static final Optional<String> OWN_SESSION = onPath("setsid").or(() -> onPath("nohup"));

  /**
   * What to start.
   *
   * @param name what to call it in messages, such as {@code south-1 mysql}
   * @param environment added to this process's own
   * @param log gets its output and errors, appended
   * @param detached whether it outlives this process: it then has a session of its own (a Ctrl-C in
   *     the terminal does not reach it); otherwise it is killed when this process ends
   */
  public record Launch(
      String name,
      List<String> command,
      Map<String, String> environment,
      Path workingFolder,
      Path log,
      boolean detached) {
    public Launch {
      command = List.copyOf(command);
      environment = Map.copyOf(environment);
    }
  }

  /** What dies with this process; never emptied, so the hook that kills it is registered once. */
  private static final Set<Process> TIED = ConcurrentHashMap.newKeySet();

  private final Launch launch;
  private final Process process;

  private ManagedProcess(Launch launch, Process process) {
    this.launch = launch;
    this.process = process;
  }

  /**
   * Starts a process and returns at once.
   *
   * @throws LocalStartException if there is no such program or its log can't be written
   */
  public static ManagedProcess start(Launch launch) {
    List<String> command = new ArrayList<>();
    if (launch.detached()) {
      OWN_SESSION.ifPresent(command::add);
    }
    command.addAll(launch.command());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(launch.workingFolder().toFile())
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(launch.log().toFile()));
    builder.environment().putAll(launch.environment());
    try {
      Files.createDirectories(launch.log().toAbsolutePath().getParent());
      ManagedProcess started = new ManagedProcess(launch, builder.start());
      if (!launch.detached()) {
        started.killWithThisProcess();
      }
      return started;
    } catch (IOException e) {
      throw new LocalStartException(launch.name() + " can't be started: " + e.getMessage(), e);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // nobody waits for the clean-up after its end
  private void killWithThisProcess() {
    synchronized (TIED) {
      if (TIED.isEmpty()) {
        Runtime.getRuntime().addShutdownHook(new Thread(ManagedProcess::killTied, "kill children"));
      }
      TIED.add(process);
    }
  }

  private static void killTied() {
    TIED.forEach(Process::destroyForcibly);
  }

  public String name() {
    return launch.name();
  }

  public long pid() {
    return process.pid();
  }

  public ProcessHandle handle() {
    return process.toHandle();
  }

  public Path log() {
    return launch.log();
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Waits until a condition holds.
   *
   * @param what what is waited for, for the message
   * @throws LocalStartException if the process dies first or the time is over; with the end of its
   *     log
   */
  public void await(String what, Duration within, BooleanSupplier condition) {
    Instant deadline = Instant.now().plus(within);
    while (!condition.getAsBoolean()) {
      if (!process.isAlive()) {
        throw new LocalStartException(died());
      }
      if (Instant.now().isAfter(deadline)) {
        throw new LocalStartException(
            name()
                + " (pid "
                + pid()
                + ") is not ready after "
                + within.toSeconds()
                + " s, waiting for "
                + what
                + "; "
                + LogTail.describe(log(), TAIL_LINES));
      }
      pause();
    }
  }

  /** That the process has died, with its exit code and the end of its log. */
  public String died() {
    return name()
        + " (pid "
        + pid()
        + ") has ended with exit code "
        + process.exitValue()
        + "; "
        + LogTail.describe(log(), TAIL_LINES);
  }

  /** SIGTERM, then SIGKILL if it still runs after the grace period. Returns when it has ended. */
  public void stop(Duration grace) {
    stop(process.toHandle(), grace);
    collect();
  }

  /** SIGKILL. Returns when it has ended. */
  public void kill() {
    process.destroyForcibly();
    collect();
  }

  /** Waits until our own runtime has seen the end too, so that {@link #isAlive} agrees. */
  private void collect() {
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** SIGTERM, then SIGKILL if it still runs after the grace period; for any process. */
  static void stop(ProcessHandle handle, Duration grace) {
    handle.destroy();
    if (!Liveness.awaitEnd(handle, grace)) {
      handle.destroyForcibly();
      Liveness.awaitEnd(handle, Duration.ofSeconds(10));
    }
  }

  private static void pause() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LocalStartException("interrupted", e);
    }
  }

  private static Optional<String> onPath(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)) {
      Path candidate = Path.of(folder, program);
      if (!folder.isBlank() && Files.isExecutable(candidate)) {
        return Optional.of(candidate.toString());
      }
    }
    return Optional.empty();
  }
}
