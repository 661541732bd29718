package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.operation.Loss;
import io.homecell.coordinator.operation.Move;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;

/** What is known to be missing at the targets; what can't be found out is left empty. */
public final class LossReader {
  private final Pipelines pipelines;
  private final CellReader reader;

  public LossReader(CuratorFramework client, CellReader reader) {
    this.pipelines = new Pipelines(client);
    this.reader = reader;
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
        status.map(PipelineStatus::at));
  }
}
