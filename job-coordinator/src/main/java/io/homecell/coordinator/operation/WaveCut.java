package io.homecell.coordinator.operation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Cuts moves into waves. Each wave takes the same share of every move, so that one of ten percent
 * touches a tenth of every cell; within a move the slots go in order. Pure.
 */
final class WaveCut {
  private record Place(int move, int slot, long epoch, double share) {}

  private WaveCut() {}

  /**
   * The moves of each wave.
   *
   * @param ends how many slots have moved after each; growing, the last is all of them
   */
  static List<List<Move>> cut(List<Move> moves, List<Integer> ends) {
    List<Place> order = order(moves);
    List<List<Move>> waves = new ArrayList<>();
    int from = 0;
    for (int end : ends) {
      waves.add(gather(moves, order.subList(from, end)));
      from = end;
    }
    return waves;
  }

  private static List<Place> order(List<Move> moves) {
    List<Place> order = new ArrayList<>();
    for (int move = 0; move < moves.size(); move++) {
      int rank = 0;
      for (Map.Entry<Integer, Long> slot : moves.get(move).epochsBefore().entrySet()) {
        double share = (double) rank / moves.get(move).size();
        order.add(new Place(move, slot.getKey(), slot.getValue(), share));
        rank++;
      }
    }
    order.sort(Comparator.comparingDouble(Place::share).thenComparingInt(Place::slot));
    return order;
  }

  private static List<Move> gather(List<Move> moves, List<Place> places) {
    Map<Integer, NavigableMap<Integer, Long>> byMove = new LinkedHashMap<>();
    places.forEach(
        place ->
            byMove
                .computeIfAbsent(place.move(), any -> new TreeMap<>())
                .put(place.slot(), place.epoch()));
    return byMove.entrySet().stream()
        .map(entry -> moves.get(entry.getKey()).of(entry.getValue()))
        .toList();
  }
}
