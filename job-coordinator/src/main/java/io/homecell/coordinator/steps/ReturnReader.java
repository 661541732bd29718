package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.operation.Move;
import io.homecell.coordinator.operation.ReturnChecks.ReturnFact;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.ReturnProofs;
import io.homecell.core.topology.Topology;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;

/** What is known of the cells to which a failback returns and that were declared lost. */
final class ReturnReader {
  private final Topology topology;
  private final DatacenterStates states;
  private final ReturnProofs proofs;
  private final CellReader reader;

  ReturnReader(Topology topology, CuratorFramework client, CellReader reader) {
    this.topology = topology;
    this.states = new DatacenterStates(client);
    this.proofs = new ReturnProofs(client);
    this.reader = reader;
  }

  List<ReturnFact> read(List<Move> moves) {
    List<ReturnFact> facts = new ArrayList<>();
    for (Move move : moves) {
      DatacenterState state = states.read(move.targetDatacenter());
      if (state.isLost()) {
        facts.add(read(move, state.epoch()));
      }
    }
    return facts;
  }

  private ReturnFact read(Move move, long lostEpoch) {
    Map<String, Long> undone = new HashMap<>();
    long toUndo = 0;
    Optional<String> waits = Optional.empty();
    for (Topology.Cell cell : topology.cellsOfGroup(topology.cell(move.target()).group())) {
      try {
        CellReader.Settled settled = reader.settled(cell.name(), move.target());
        undone.put(cell.name(), settled.undone());
        toUndo += settled.toUndo();
        waits = waits.or(settled::waits);
      } catch (SQLException e) {
        // a third cell that is away is in nobody's way; that the other two are is refused elsewhere
      }
    }
    return new ReturnFact(
        move.target(),
        move.source(),
        lostEpoch,
        undone,
        toUndo,
        waits,
        proofs.read(move.target(), move.source()));
  }
}
