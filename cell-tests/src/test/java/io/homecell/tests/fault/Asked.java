package io.homecell.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.tests.deployment.CellctlProcess;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;

/** An operation that was asked for and is under way, if one was. */
final class Asked implements AutoCloseable {
  private static final Duration ENDS_WITHIN = Duration.ofSeconds(120);

  private final FaultedDeployment deployment;
  private final Optional<CellctlProcess.Running> running;

  private Asked(FaultedDeployment deployment, Optional<CellctlProcess.Running> running) {
    this.deployment = deployment;
    this.running = running;
  }

  static Asked of(FaultedDeployment deployment, Optional<Schedule.Operation> operation)
      throws Exception {
    Optional<CellctlProcess.Running> running = Optional.empty();
    if (operation.isPresent()) {
      running = Optional.of(deployment.cellctl().start(command(operation.get())));
    }
    return new Asked(deployment, running);
  }

  private static String[] command(Schedule.Operation operation) {
    return switch (operation) {
      case TO_SOUTH -> new String[] {"switchover", "--from", "north", "--to", "south", "--yes"};
      case TO_NORTH -> new String[] {"switchover", "--from", "south", "--to", "north", "--yes"};
      case HOME -> new String[] {"failback", "--yes"};
      case LOSE_NORTH, LOSE_SOUTH -> throw new IllegalArgumentException(operation.toString());
    };
  }

  /** Waits until the command has ended, however: done, given up, or refused. */
  void await() throws Exception {
    if (running.isPresent()) {
      CellctlProcess.Result result = running.get().await(ENDS_WITHIN);
      assertThat(result.exitCode())
          .as("%s%n%s", running.get().command(), Files.readString(running.get().err()))
          .isIn(0, 1, 3);
      deployment.history.add(
          running.get().command() + " -> " + result.exitCode() + " " + result.lastLine());
    }
  }

  @Override
  public void close() {
    running.ifPresent(CellctlProcess.Running::close);
  }
}
