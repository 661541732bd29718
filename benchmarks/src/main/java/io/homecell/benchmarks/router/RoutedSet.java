package io.homecell.benchmarks.router;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What every peer routes: users by their slot, the slots in equal runs to the cells. Immutable.
 *
 * @param slots a power of two
 * @param users how many there are; their ids are neighbours, so they are spread over all slots
 * @param cells in the order of their slots
 */
record RoutedSet(int slots, int users, List<Cell> cells) {
  /** The lowest id: such a length as real ids have, and in slot 0. */
  static final long FIRST_USER = 1L << 40;

  /** Where a cell's instance listens. */
  record Cell(String name, int port) {
    String address() {
      return "127.0.0.1:" + port;
    }
  }

  RoutedSet {
    cells = List.copyOf(cells);
  }

  int slotOf(long user) {
    return (int) (user & slots - 1);
  }

  int firstSlot(int cell) {
    return cell * slots / cells.size();
  }

  Cell ownerOf(long user) {
    int slot = slotOf(user);
    int cell = cells.size() - 1;
    while (firstSlot(cell) > slot) {
      cell--;
    }
    return cells.get(cell);
  }

  /** A line for each user: its id, its cell, and what ends a line of that peer's. */
  String map(String end) {
    return IntStream.range(0, users)
        .mapToLong(i -> FIRST_USER + i)
        .mapToObj(user -> user + " " + ownerOf(user).name() + end)
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** A block for each cell. */
  String eachCell(String format) {
    return cells.stream()
        .map(cell -> format.replace("{name}", cell.name()).replace("{address}", cell.address()))
        .collect(Collectors.joining("\n"));
  }
}
