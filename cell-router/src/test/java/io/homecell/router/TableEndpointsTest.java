package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.route.RouteTable;
import io.homecell.core.route.RouteTableJson;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.router.TableEndpoints.DryRun;
import io.homecell.router.TableEndpoints.Move;
import io.homecell.router.TableEndpoints.Run;
import io.homecell.router.TableEndpoints.Table;
import io.homecell.router.proxy.RecentTraffic;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TableEndpointsTest {
  private static final Topology TOPOLOGY = ThreeCells.TOPOLOGY;

  private final RouteTable now = RouteTable.initial(TOPOLOGY);
  private final RecentTraffic traffic = new RecentTraffic(TOPOLOGY.slots(), System.nanoTime());
  private final TableEndpoints endpoints =
      new TableEndpoints(TOPOLOGY, new OneTable(now, Duration.ofMillis(1_500)), traffic);

  private Answer ask(Map<String, String> query) {
    return endpoints.dryRun(new Request("GET", "/routes/dry-run", query, ""));
  }

  private Answer post(String table) {
    return endpoints.dryRun(new Request("POST", "/routes/dry-run", Map.of(), table));
  }

  private static List<Move> moves(Answer answer) {
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
    return ((DryRun) answer.body()).moves();
  }

  @Test
  void theTableWithItsAge() {
    Table table = (Table) endpoints.table(new Request("GET", "/table", Map.of(), "")).body();
    assertThat(table.epoch()).isEqualTo(1);
    assertThat(table.ageSeconds()).isEqualTo(1.5);
    assertThat(table.slotsByOwner()).isEqualTo(Map.of("north-1", 8, "south-1", 4, "south-2", 4));
    assertThat(table.runs().get(0)).isEqualTo(new Run("0-7", "north-1", 1, Optional.empty()));
  }

  @Test
  void slotsThatWouldMoveAndThoseThatAreThereAlready() {
    assertThat(moves(ask(Map.of("slots", "1,3-9", "to", "south-1"))))
        .containsExactly(new Move("north-1", "south-1", true, "1,3-7", 6, 0, false, 0));
    assertThat(moves(ask(Map.of("slots", "8-11", "to", "south-1")))).isEmpty();
  }

  @Test
  void byAWholeTable() {
    RouteTable next =
        now.withOwners(Map.of(0, SlotRoute.open("south-1", 2), 9, SlotRoute.open("north-1", 2)))
            .withMoving(List.of(4), "south-1");
    assertThat(moves(post(RouteTableJson.write(next))))
        .extracting(Move::from, Move::to, Move::slots)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("north-1", "south-1", "0,4"),
            org.assertj.core.groups.Tuple.tuple("south-1", "north-1", "9"));
    assertThat(moves(post(RouteTableJson.write(now)))).isEmpty();
  }

  @Test
  void whatCanNotBeIsRefused() {
    for (Map<String, String> query :
        List.of(
            Map.of("slots", "0-16", "to", "south-1"),
            Map.of("slots", "x", "to", "south-1"),
            Map.of("slots", "0-1"),
            Map.of("slots", "0-1", "to", "west-1"),
            Map.of("to", "south-1"))) {
      assertThat(ask(query).status()).as(query.toString()).isEqualTo(400);
    }
    assertThat(ask(Map.of("slots", "0-1", "to", "south-2")).body().toString())
        .contains("slot 0 to south-2: of group g2 (expected: of group g1");
    assertThat(post("{}").status()).isEqualTo(400);
    assertThat(post("no json").status()).isEqualTo(400);
  }
}
