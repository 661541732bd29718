package io.homecell.sync.throttle;

import io.homecell.sync.position.CellDatabase;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What background work waits for: replication out of the servers that it reads, and into the one
 * that it writes. Pure; see ThrottlingTest and docs/decisions/0020.
 *
 * @param lagMax how far a link may be behind before work waits
 * @param links every pipeline that work of this process may be in the way of
 */
public record Throttling(Duration lagMax, List<Link> links) {
  /** Nothing is waited for. */
  public static final Throttling NONE = new Throttling(Duration.ZERO, List.of());

  /** Replication from one cell to another. */
  public record Link(CellDatabase source, CellDatabase target) {
    boolean outOf(CellDatabase cell) {
      return source.cell().equals(cell.cell());
    }

    boolean into(CellDatabase cell) {
      return target.cell().equals(cell.cell());
    }
  }

  /** How far a link is behind. */
  record Lag(String source, String target, Duration behind) {}

  public Throttling {
    links = List.copyOf(links);
  }

  /** Those that a load is in the way of: into the cell that is loaded nothing else goes. */
  public List<Link> ofLoad(CellDatabase source, CellDatabase target) {
    return links.stream().filter(link -> link.outOf(source) && !link.into(target)).toList();
  }

  /** Those that a verification is in the way of, which reads both cells. */
  public List<Link> ofVerification(CellDatabase one, CellDatabase other) {
    return links.stream().filter(link -> link.outOf(one) || link.outOf(other)).toList();
  }

  /** Those that a repair is in the way of. */
  public List<Link> ofRepair(CellDatabase right, CellDatabase mended) {
    return links.stream().filter(link -> link.outOf(right) || link.into(mended)).toList();
  }

  /**
   * Decides: why work has to wait, by the link that is furthest behind; empty if it need not.
   *
   * @param lags of those links for which it is known
   */
  static Optional<String> reason(Duration lagMax, Collection<Lag> lags) {
    return lags.stream()
        .max(Comparator.comparing(Lag::behind))
        .filter(worst -> worst.behind().compareTo(lagMax) > 0)
        .map(
            worst ->
                "throttled: %s -> %s is %s behind (limit %s)"
                    .formatted(worst.source(), worst.target(), text(worst.behind()), text(lagMax)));
  }

  private static String text(Duration duration) {
    if (duration.compareTo(Duration.ofMinutes(2)) >= 0) {
      return duration.toMinutes() + " min";
    }
    return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1_000.0)
        .replace(".0 s", " s");
  }
}
