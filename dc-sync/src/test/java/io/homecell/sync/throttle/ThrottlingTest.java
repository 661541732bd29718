package io.homecell.sync.throttle;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttling.Lag;
import io.homecell.sync.throttle.Throttling.Link;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ThrottlingTest {
  private static final Duration LIMIT = Duration.ofSeconds(2);
  private static final CellDatabase NORTH = cell("north-1");
  private static final CellDatabase SOUTH = cell("south-1");
  private static final CellDatabase WEST = cell("west-1");

  private static CellDatabase cell(String name) {
    return new CellDatabase(name, new Endpoint("127.0.0.1", 1), new Credentials("r", "x"));
  }

  private static Lag lag(String source, String target, long millis) {
    return new Lag(source, target, Duration.ofMillis(millis));
  }

  @Test
  void nothingWaitsUpToTheLimitOrForWhatIsNotKnown() {
    assertThat(Throttling.reason(LIMIT, List.of())).isEmpty();
    assertThat(Throttling.reason(LIMIT, List.of(lag("north-1", "south-1", 2_000)))).isEmpty();
  }

  @Test
  void theLinkThatIsFurthestBehindIsNamedWithItsLagAndTheLimit() {
    assertThat(
            Throttling.reason(
                LIMIT,
                List.of(
                    lag("north-1", "west-1", 2_500),
                    lag("south-1", "west-1", 4_210),
                    lag("west-1", "south-1", 10))))
        .contains("throttled: south-1 -> west-1 is 4.2 s behind (limit 2 s)");
    assertThat(Throttling.reason(LIMIT, List.of(lag("north-1", "west-1", 7_200_000))))
        .contains("throttled: north-1 -> west-1 is 120 min behind (limit 2 s)");
  }

  @Test
  void workWaitsForReplicationOutOfWhatItReadsAndIntoWhatItWrites() {
    List<Link> all = new ArrayList<>();
    for (CellDatabase source : List.of(NORTH, SOUTH, WEST)) {
      for (CellDatabase target : List.of(NORTH, SOUTH, WEST)) {
        if (!source.equals(target)) {
          all.add(new Link(source, target));
        }
      }
    }
    Throttling throttling = new Throttling(LIMIT, all);
    // pipelines into the cell that is loaded stand still until it is
    assertThat(throttling.ofLoad(NORTH, SOUTH)).containsExactly(new Link(NORTH, WEST));
    assertThat(throttling.ofVerification(NORTH, SOUTH))
        .containsExactly(
            new Link(NORTH, SOUTH),
            new Link(NORTH, WEST),
            new Link(SOUTH, NORTH),
            new Link(SOUTH, WEST));
    assertThat(throttling.ofRepair(NORTH, SOUTH))
        .containsExactly(new Link(NORTH, SOUTH), new Link(NORTH, WEST), new Link(WEST, SOUTH));
  }
}
