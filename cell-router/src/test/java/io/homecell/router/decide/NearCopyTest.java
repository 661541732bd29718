package io.homecell.router.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.identity.Identity;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Which copy may answer; slots 0 and 1 are north's, 2 and 3 of group g1, 4 to 7 of g2. */
class NearCopyTest {
  private static final Topology TOPOLOGY =
      TopologyFile.parse(
          "test",
          """
          slots: 8
          coordination: { zookeeper: "127.0.0.1:2181", session-timeout: 6s, lease: 8s }
          datacenters:
            north: { site: n, router: "127.0.0.1:8081", registry: "127.0.0.1:2181/north" }
            south: { site: s, router: "127.0.0.1:8082", registry: "127.0.0.1:2181/south" }
          cells:
            north-1: { datacenter: north, group: g1, slots: 0-1, mysql: "127.0.0.1:3411" }
            south-1: { datacenter: south, group: g1, slots: 2-3, mysql: "127.0.0.1:3421" }
            south-2: { datacenter: south, group: g2, slots: 4-7, mysql: "127.0.0.1:3422" }
          services:
            account: { type: unit }
          edge:
            identity: [ "header:X-User-Id" ]
            routes:
              - { path: "/near/{user}", slot-of: user, service: account, read: nearest, lag-max: 2s }
              - { path: "/mine", slot-of: identity, service: account, read: nearest, lag-max: 5s }
              - { path: "/home/{user}", slot-of: user, service: account }
              - { path: "/products", to: nearest, service: account }
          """);
  private static final RouteTable HOME = RouteTable.initial(TOPOLOGY);

  private final Decider north = new Decider(TOPOLOGY, "north");

  private Optional<NearCopy> near(RouteTable table, String path, Optional<Hop> hop) {
    Destination destination = north.destination("GET", path, new Identity.Known(2));
    Decision decision = north.decide(table, destination, false, hop, Optional.empty());
    return decision instanceof Decision.Remote remote
        ? north.near(destination, remote)
        : Optional.empty();
  }

  private Optional<NearCopy> near(String path) {
    return near(HOME, path, Optional.empty());
  }

  private static NearCopy copy(int seconds) {
    return new NearCopy(
        new Decision.Local("account", List.of("north-1")), Duration.ofSeconds(seconds));
  }

  @Test
  void theCellOfTheOwnersGroupHasTheCopy() {
    assertThat(near("/near/2")).contains(copy(2));
    assertThat(near("/mine")).contains(copy(5));
    assertThat(near("/near/4")).as("no cell of its group is here").isEmpty();
  }

  @Test
  void onlyWhereTheRouteSaysSo() {
    assertThat(near("/home/2")).isEmpty();
    assertThat(near("/products")).isEmpty();
  }

  @Test
  void theOwnerHereNeedsNoCopy() {
    assertThat(near("/near/1")).isEmpty();
    RouteTable moved = HOME.withOwners(Map.of(2, SlotRoute.open("north-1", 3)));
    assertThat(near(moved, "/near/2", Optional.empty())).isEmpty();
  }

  @Test
  void aMoveStopsNoNearRead() {
    RouteTable moving = HOME.withMoving(List.of(2), "north-1");
    assertThat(near(moving, "/near/2", Optional.empty())).contains(copy(2));
  }

  @Test
  void whatAnotherRouterHasSentIsForTheOwner() {
    assertThat(near(HOME, "/near/2", Optional.of(new Hop("south", Optional.empty())))).isEmpty();
  }
}
