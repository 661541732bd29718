package io.homecell.local;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * A process that a deployment has started, as its state file remembers it.
 *
 * @param startedAt when the operating system says it started: tells it from a later process that
 *     got the same pid
 * @param host the address that it listens on
 * @param port where it serves; empty until it is ready
 * @param adminPort for /metrics and /health; empty until it is ready, and for ZooKeeper and MySQL
 */
public record RunningPart(
    String name,
    String role,
    Optional<String> datacenter,
    Optional<String> cell,
    long pid,
    Instant startedAt,
    String host,
    Optional<Integer> port,
    Optional<Integer> adminPort,
    Path log) {

  /** The clock tick of the operating system's start times, and some. */
  private static final Duration START_TOLERANCE = Duration.ofSeconds(2);

  static RunningPart of(Part part, String host, ManagedProcess process) {
    return new RunningPart(
        part.name(),
        part.role().label(),
        part.datacenter(),
        part.cell(),
        process.pid(),
        process.handle().info().startInstant().orElseGet(Instant::now),
        host,
        part.endpoint().map(endpoint -> endpoint.port()),
        Optional.empty(),
        process.log());
  }

  RunningPart announced(int servicePort, int admin) {
    return new RunningPart(
        name,
        role,
        datacenter,
        cell,
        pid,
        startedAt,
        host,
        servicePort > 0 ? Optional.of(servicePort) : port,
        Optional.of(admin),
        log);
  }

  /** The process, if it still runs and is the one that was started. */
  public Optional<ProcessHandle> handle() {
    return ProcessHandle.of(pid)
        .filter(Liveness::isAlive)
        .filter(
            handle ->
                handle
                    .info()
                    .startInstant()
                    .map(
                        start ->
                            Duration.between(start, startedAt).abs().compareTo(START_TOLERANCE) < 0)
                    .orElse(true));
  }

  public boolean isAlive() {
    return handle().isPresent();
  }
}
