package io.homecell.benchmarks.router;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The rounds of all peers against each other. Ratios are taken within a round, where both had the
 * same machine, and then their median. Pure.
 *
 * @param rounds of each peer, in the order of the rounds; each has as many
 */
record Comparison(Map<PeerKind, List<Measured>> rounds) {
  private static final PeerKind US = PeerKind.CELL_ROUTER;

  /**
   * One thing that must hold.
   *
   * @param ratio ours to the other's; empty if one of the two was not measured
   * @param atLeast whether the ratio must reach the bound, or else stay under it
   */
  record Bar(String text, Optional<Double> ratio, double bound, boolean atLeast) {
    boolean isMet() {
      return ratio.isPresent() && (atLeast ? ratio.get() >= bound : ratio.get() <= bound);
    }

    @Override
    public String toString() {
      String verdict = ratio.isEmpty() ? "not measured" : isMet() ? "met" : "MISSED";
      return "%-44s %s %.2f: %s"
          .formatted(
              text,
              atLeast ? ">=" : "<=",
              bound,
              ratio.map(value -> "%.3f, ".formatted(value)).orElse("") + verdict);
    }
  }

  List<Bar> bars() {
    return List.of(
        new Bar(
            "requests/s of nginx's", ratio(PeerKind.NGINX, Measured::requestsPerSecond), 0.9, true),
        new Bar(
            "CPU per request of nginx's", ratio(PeerKind.NGINX, Measured::cpuMicros), 1.4, false),
        new Bar(
            "requests/s of Spring Cloud Gateway's",
            ratio(PeerKind.SCG, Measured::requestsPerSecond),
            3,
            true),
        new Bar("p99 of nginx's", ratio(PeerKind.NGINX, Measured::p99Millis), 1.5, false));
  }

  private Optional<Double> ratio(PeerKind other, ToDoubleFunction<Measured> figure) {
    return ratio(US, other, figure);
  }

  private Optional<Double> ratio(PeerKind one, PeerKind other, ToDoubleFunction<Measured> figure) {
    List<Measured> ones = rounds.get(one);
    List<Measured> others = rounds.get(other);
    if (ones == null || others == null || ones.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        median(
            IntStream.range(0, ones.size())
                .mapToDouble(
                    i -> figure.applyAsDouble(ones.get(i)) / figure.applyAsDouble(others.get(i)))));
  }

  private static double median(java.util.stream.DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** A line for each peer: medians over the rounds, and what they are of nginx's. */
  String table() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%-12s %11s %8s %8s %8s   %s"
            .formatted(
                "median",
                "requests/s",
                "CPU us",
                "p50 ms",
                "p99 ms",
                "of nginx's: rate, CPU, p50, p99"));
    rounds.forEach((peer, measured) -> lines.add(line(peer, measured)));
    return String.join("\n", lines);
  }

  private String line(PeerKind peer, List<Measured> measured) {
    return "%-12s %11.0f %8.1f %8.2f %8.2f   %s  %s  %s  %s"
        .formatted(
            peer.word(),
            of(measured, Measured::requestsPerSecond),
            of(measured, Measured::cpuMicros),
            of(measured, Measured::p50Millis),
            of(measured, Measured::p99Millis),
            shown(peer, Measured::requestsPerSecond),
            shown(peer, Measured::cpuMicros),
            shown(peer, Measured::p50Millis),
            shown(peer, Measured::p99Millis));
  }

  private static double of(List<Measured> measured, ToDoubleFunction<Measured> figure) {
    return median(measured.stream().mapToDouble(figure));
  }

  private String shown(PeerKind peer, ToDoubleFunction<Measured> figure) {
    return ratio(peer, PeerKind.NGINX, figure)
        .map(value -> String.format(Locale.ROOT, "%.2f", value))
        .orElse("-");
  }
}
