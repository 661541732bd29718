package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.operation.Loss;
import io.homecell.coordinator.operation.Move;
import io.homecell.core.topology.Topology;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;

/** What is known to be missing at the targets; what can't be found out is left empty. */
public final class LossReader {
  private final Pipelines pipelines;
  private final CellReader reader;
  private final PeerSteps peers;
  private final Clock clock;

  public LossReader(Topology topology, CuratorFramework client, CellReader reader, Clock clock) {
    this.pipelines = new Pipelines(client);
    this.reader = reader;
    this.peers = new PeerSteps(topology, reader, pipelines);
    this.clock = clock;
  }

  /** Waits for what the target can still have from the others, see {@link PeerSteps}. */
  PeerSteps.Gathered gather(List<Move> moves, Stop stop) {
    return peers.gather(moves, stop);
  }

  /** The loss of each move. */
  public List<Loss> read(List<Move> moves) {
    List<PipelineStatus> statuses = pipelines.list();
    return moves.stream().map(move -> read(move, statuses)).toList();
  }

  private Loss read(Move move, List<PipelineStatus> statuses) {
    Optional<PipelineStatus> status =
        statuses.stream()
            .filter(one -> one.source().equals(move.source()))
            .filter(one -> one.target().equals(move.target()))
            .findFirst();
    Optional<Instant> heartbeat;
    Optional<String> gaps;
    try {
      gaps = reader.gaps(move.source(), move.target());
      heartbeat = reader.lastHeartbeat(move.source(), move.target());
    } catch (SQLException e) {
      gaps = Optional.empty();
      heartbeat = Optional.empty(); // nothing is claimed to have arrived
    }
    return new Loss(
        move.source(),
        move.target(),
        heartbeat,
        gaps,
        status.map(PipelineStatus::lagMillis),
        status.map(PipelineStatus::at),
        Optional.of(figures(move, status)));
  }

  private Loss.Figures figures(Move move, Optional<PipelineStatus> status) {
    Instant now = clock.instant();
    return new Loss.Figures(
        now,
        status.map(
            one ->
                new Loss.Captured(
                    one.state(),
                    one.flow().map(PipelineStatus.Flow::pending).orElse(0),
                    one.flow().map(PipelineStatus.Flow::pendingBytes).orElse(0L),
                    Math.max(0, Duration.between(one.at(), now).toMillis()))),
        status
            .flatMap(PipelineStatus::recent)
            .map(one -> new Loss.Recent(one.transactions(), one.slots(), one.seconds())),
        peers.peers(move));
  }
}
