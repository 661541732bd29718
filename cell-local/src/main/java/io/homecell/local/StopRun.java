package io.homecell.local;

import io.homecell.core.topology.Topology.Endpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** One stop of several parts: in stages, those of one stage at the same time, each bounded. */
final class StopRun {
  private static final List<Set<PartRole>> STAGES =
      List.of(
          EnumSet.of(PartRole.ROUTER),
          EnumSet.of(
              PartRole.TRADE,
              PartRole.ACCOUNT,
              PartRole.COORDINATOR,
              PartRole.CANAL,
              PartRole.DC_SYNC),
          EnumSet.of(PartRole.MYSQL),
          EnumSet.of(PartRole.ZOOKEEPER));

  private final Path home;
  private final StateFile state;
  private final StartProgress progress;

  StopRun(Path home, StateFile state, StartProgress progress) {
    this.home = home;
    this.state = state;
    this.progress = progress;
  }

  void stopAll(List<RunningPart> running) {
    for (Set<PartRole> stage : STAGES) {
      stopTogether(
          running.stream().filter(part -> stage.contains(PartRole.ofLabel(part.role()))).toList());
    }
  }

  private void stopTogether(List<RunningPart> parts) {
    Instant began = Instant.now();
    parts.forEach(this::disconnectClients);
    // All are told first; then each is waited for.
    parts.forEach(part -> part.handle().ifPresent(ProcessHandle::destroy));
    for (RunningPart part : parts) {
      Duration left = grace(part).minus(Duration.between(began, Instant.now()));
      part.handle()
          .ifPresent(
              handle -> ManagedProcess.stop(handle, left.isNegative() ? Duration.ZERO : left));
      state.remove(part.name());
      progress.stopped(part, Duration.between(began, Instant.now()));
    }
  }

  /**
   * A MySQL server waits for seconds for each reader of its binlog that has died without a word; it
   * is told that nobody is there any more.
   */
  private void disconnectClients(RunningPart part) {
    if (part.role().equals(PartRole.MYSQL.label()) && part.isAlive() && part.port().isPresent()) {
      LocalMysql.disconnectClients(
          PartLauncher.folder(home, part.name()), new Endpoint(part.host(), part.port().get()));
    }
  }

  private static Duration grace(RunningPart part) {
    // A MySQL server writes its pages out; a killed one would only take longer at the next start.
    return part.role().equals(PartRole.MYSQL.label())
        ? Duration.ofSeconds(20)
        : Duration.ofSeconds(10);
  }
}
