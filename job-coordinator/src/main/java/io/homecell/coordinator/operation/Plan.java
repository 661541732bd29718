package io.homecell.coordinator.operation;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What an operation will do; the same record that a dry run prints.
 *
 * @param routeEpoch the epoch of the route table that it was made from
 * @param datacenterVersion the version of the record of the datacenter that a failover leaves
 * @param markActive datacenters, declared lost, that slots return to
 * @param waves how it is divided, if it is
 */
public record Plan(
    String from,
    String to,
    List<Move> moves,
    long routeEpoch,
    int datacenterVersion,
    List<String> markActive,
    Optional<Waves> waves) {
  public Plan {
    moves = List.copyOf(moves);
    markActive = List.copyOf(markActive);
  }

  /** One line for the record. */
  public String summary() {
    return moves.stream().map(Move::toString).collect(Collectors.joining(" "));
  }
}
