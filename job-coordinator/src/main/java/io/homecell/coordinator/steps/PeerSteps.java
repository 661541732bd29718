package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.PipelineStatus;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.operation.Loss.Peer;
import io.homecell.coordinator.operation.Move;
import io.homecell.core.topology.Topology;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Before a failover opens at the new owner: what another cell has of the lost one, or what the
 * pipeline has captured, comes to the new owner first; behind the opening it would be stranded
 * there. Waits {@link #WITHIN} at most, then goes on and says what is missing: users wait, and what
 * comes late is kept and listed.
 */
final class PeerSteps {
  /** Users of the lost datacenter are without service meanwhile. */
  static final Duration WITHIN = Duration.ofSeconds(10);

  private static final Duration POLL = Duration.ofMillis(50);

  private final Topology topology;
  private final CellReader reader;
  private final Pipelines pipelines;

  PeerSteps(Topology topology, CellReader reader, Pipelines pipelines) {
    this.topology = topology;
    this.reader = reader;
    this.pipelines = pipelines;
  }

  /** What became of it. */
  record Gathered(String detail, List<String> warnings) {}

  /** What each other cell of the group has of a move's source and its target lacks. */
  List<Peer> peers(Move move) {
    List<Peer> peers = new ArrayList<>();
    for (Topology.Cell cell : topology.cellsOfGroup(topology.cell(move.source()).group())) {
      if (cell.name().equals(move.source()) || cell.name().equals(move.target())) {
        continue;
      }
      try {
        String lacking = reader.lackingOf(move.source(), cell.name(), move.target());
        peers.add(
            new Peer(
                cell.name(),
                Optional.of(lacking).filter(gtids -> !gtids.isEmpty()),
                CellReader.count(lacking),
                Optional.empty()));
      } catch (SQLException e) {
        peers.add(new Peer(cell.name(), Optional.empty(), 0, Optional.of(CellReader.reason(e))));
      }
    }
    return peers;
  }

  Gathered gather(List<Move> moves, Stop stop) {
    long began = System.nanoTime();
    List<String> first = missing(moves);
    List<String> now = first;
    while (!now.isEmpty() && !Stop.left(began, WITHIN).isZero()) {
      stop.pause(POLL);
      now = missing(moves);
    }
    long millis = Duration.ofNanos(System.nanoTime() - began).toMillis();
    if (first.isEmpty()) {
      return new Gathered("nothing more of it can be had from the others", List.of());
    } else if (now.isEmpty()) {
      return new Gathered(
          "waited " + millis + " ms until " + String.join(", ", first) + " had come", List.of());
    }
    return new Gathered(
        "waited " + millis + " ms",
        now.stream().map(what -> "did not come in time and will be stranded: " + what).toList());
  }

  private List<String> missing(List<Move> moves) {
    List<PipelineStatus> statuses = pipelines.list();
    List<String> missing = new ArrayList<>();
    for (Move move : moves) {
      captured(move, statuses)
          .ifPresent(
              pending ->
                  missing.add(
                      pending
                          + " captured transactions of "
                          + move.source()
                          + " at "
                          + move.target()));
      for (Peer peer : peers(move)) {
        peer.lacking()
            .ifPresent(
                gtids ->
                    missing.add(
                        peer.transactions()
                            + " transactions of "
                            + move.source()
                            + " that "
                            + peer.cell()
                            + " has and "
                            + move.target()
                            + " lacks ("
                            + gtids
                            + ")"));
      }
    }
    return missing;
  }

  /** What a pipeline has read is applied by itself, whatever has become of its source. */
  private static Optional<Integer> captured(Move move, List<PipelineStatus> statuses) {
    return statuses.stream()
        .filter(one -> one.source().equals(move.source()) && one.target().equals(move.target()))
        .flatMap(one -> one.flow().stream())
        .map(PipelineStatus.Flow::pending)
        .filter(pending -> pending > 0)
        .findFirst();
  }
}
