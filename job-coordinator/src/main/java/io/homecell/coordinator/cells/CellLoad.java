package io.homecell.coordinator.cells;

import java.util.Optional;

/**
 * What a cell's database carries at this moment.
 *
 * @param connections open ones, of everybody
 * @param connectionsMax how many it allows
 * @param applicationConnections those of services, by the schema that they use; empty if the
 *     administration user lacks the right to see them
 * @param running statements under way
 */
public record CellLoad(
    int connections, int connectionsMax, Optional<Integer> applicationConnections, int running) {}
