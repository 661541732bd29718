package io.homecell.router.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.route.SlotRoute;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.identity.Identity;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class DeciderTest {
  private static final Topology TOPOLOGY =
      TopologyFile.parse(
          "test",
          """
          slots: 4
          coordination: { zookeeper: "127.0.0.1:2181", session-timeout: 6s, lease: 8s }
          datacenters:
            north: { site: n, router: "127.0.0.1:8081", registry: "127.0.0.1:2181/north" }
            south: { site: s, router: "127.0.0.1:8082", registry: "127.0.0.1:2181/south" }
          cells:
            north-1: { datacenter: north, group: g1, slots: 0-1, mysql: "127.0.0.1:3411" }
            south-1: { datacenter: south, group: g1, slots: 2-3, mysql: "127.0.0.1:3421" }
          services:
            account: { type: unit }
          edge:
            identity: [ "header:X-User-Id" ]
            routes:
              - { path: "/accounts", method: POST, to: nearest, service: account }
              - { path: "/accounts/{user}/**", slot-of: user, service: account }
              - { path: "/orders", slot-of: identity, service: account }
              - { path: "/products/**", to: nearest, service: account }
          """);

  private static final RouteTable HOME = RouteTable.initial(TOPOLOGY);
  private static final Optional<Hop> NO_HOP = Optional.empty();
  private static final Optional<Told> NOTHING = Optional.empty();

  private final Decider north = new Decider(TOPOLOGY, "north");

  private Destination slot(int slot) {
    return north.destination("POST", "/accounts/" + slot, Identity.ABSENT);
  }

  private static Optional<Hop> hop(Told told) {
    return Optional.of(new Hop("south", Optional.of(told)));
  }

  @Test
  void theOwnerInThisDatacenterGetsIt() {
    assertThat(north.decide(HOME, slot(1), true, NO_HOP, NOTHING))
        .isEqualTo(new Decision.Local("account", List.of("north-1")));
  }

  @Test
  void theOwnersRouterGetsItOnce() {
    assertThat(north.decide(HOME, slot(2), true, NO_HOP, NOTHING))
        .isEqualTo(new Decision.Remote("south", "south-1", Optional.of(new Told(2, 1))));
    assertThat(north.decide(HOME, slot(2), true, hop(new Told(2, 1)), NOTHING))
        .isEqualTo(new Decision.Misdirected(new Told(2, 1)));
  }

  @Test
  void whileASlotMovesOnlySafeRequestsGo() {
    RouteTable moving = HOME.withMoving(List.of(1), "south-1");
    assertThat(north.decide(moving, slot(1), true, NO_HOP, NOTHING))
        .isEqualTo(new Decision.Wait(Decision.Reason.MOVING));
    assertThat(north.decide(moving, slot(1), false, NO_HOP, NOTHING))
        .isInstanceOf(Decision.Local.class);
    assertThat(north.decide(moving, slot(0), true, NO_HOP, NOTHING))
        .isInstanceOf(Decision.Local.class);
  }

  @Test
  void nobodyRoutesByATableThatIsKnownToBeOld() {
    Told newer = new Told(1, 3);
    assertThat(north.decide(HOME, slot(1), true, NO_HOP, Optional.of(newer)))
        .isEqualTo(new Decision.Wait(Decision.Reason.TABLE_BEHIND));
    assertThat(north.decide(HOME, slot(1), false, hop(newer), NOTHING))
        .isEqualTo(new Decision.Wait(Decision.Reason.TABLE_BEHIND));
    RouteTable after = HOME.withOwners(Map.of(1, SlotRoute.open("south-1", 3)));
    assertThat(north.decide(after, slot(1), true, NO_HOP, Optional.of(newer)))
        .isInstanceOf(Decision.Remote.class);
    // A number that is no slot can't stop anybody.
    assertThat(north.decide(HOME, slot(1), true, NO_HOP, Optional.of(new Told(4_000, 9))))
        .isInstanceOf(Decision.Local.class);
  }

  @Test
  void aRegistrationNeedsACellWithAnOpenSlot() {
    Destination registration = north.destination("POST", "/accounts", Identity.ABSENT);
    assertThat(north.decide(HOME, registration, true, NO_HOP, NOTHING))
        .isEqualTo(new Decision.Local("account", List.of("north-1")));
    RouteTable drained = HOME.withMoving(List.of(0, 1), "south-1");
    assertThat(north.decide(drained, registration, true, NO_HOP, NOTHING))
        .isEqualTo(new Decision.Remote("south", "south-1", Optional.empty()));
    assertThat(north.decide(drained, registration, true, hop(new Told(0, 1)), NOTHING))
        .isEqualTo(new Decision.Wait(Decision.Reason.MOVING));
    RouteTable nowhere = HOME.withMoving(List.of(0, 1, 2, 3), "south-1");
    assertThat(north.decide(nowhere, registration, true, NO_HOP, NOTHING))
        .isEqualTo(new Decision.Wait(Decision.Reason.MOVING));
    Destination catalog = north.destination("GET", "/products/a", Identity.ABSENT);
    assertThat(north.decide(nowhere, catalog, false, NO_HOP, NOTHING))
        .isEqualTo(new Decision.Local("account", List.of("north-1")));
  }

  @Test
  void whoIsNotKnownIsToldSo() {
    assertThat(refusal(north.destination("POST", "/orders", Identity.ABSENT))).isEqualTo(400);
    assertThat(refusal(north.destination("POST", "/orders", new Identity.NotAnId("h", "x"))))
        .isEqualTo(400);
    assertThat(refusal(north.destination("POST", "/accounts/1", new Identity.NotAnId("h", "x"))))
        .isEqualTo(400);
    assertThat(refusal(north.destination("GET", "/orders", new Identity.Refused("forged"))))
        .isEqualTo(401);
    assertThat(refusal(north.destination("GET", "/accounts/x", Identity.ABSENT))).isEqualTo(400);
    assertThat(refusal(north.destination("GET", "/x", Identity.ABSENT))).isEqualTo(404);
    Destination.Nowhere wrong =
        (Destination.Nowhere) north.destination("GET", "/accounts", Identity.ABSENT);
    assertThat(wrong.refusal().status()).isEqualTo(405);
    assertThat(wrong.refusal().allow()).contains("POST");
    assertThat(north.destination("POST", "/orders", new Identity.Known(6)))
        .isInstanceOfSatisfying(
            Destination.OfSlot.class, ofSlot -> assertThat(ofSlot.slot()).isEqualTo(2));
  }

  private static int refusal(Destination destination) {
    return ((Destination.Nowhere) destination).refusal().status();
  }

  @Provide
  Arbitrary<RouteTable> tables() {
    Arbitrary<SlotRoute> routes =
        Combinators.combine(
                Arbitraries.of("north-1", "south-1"),
                Arbitraries.longs().between(1, 9),
                Arbitraries.of(true, false))
            .as(
                (owner, epoch, moving) ->
                    new SlotRoute(
                        owner, epoch, moving ? Optional.of("south-1") : Optional.empty()));
    return routes
        .list()
        .ofSize(4)
        .map(
            list ->
                HOME.withOwners(
                    Map.of(0, list.get(0), 1, list.get(1), 2, list.get(2), 3, list.get(3))));
  }

  /** The laws of the class's comment, on any table. */
  @Property
  void laws(
      @ForAll("tables") RouteTable table,
      @ForAll long id,
      @ForAll boolean unsafe,
      @ForAll boolean hopped) {
    int slot = (int) (id & 3);
    SlotRoute route = table.of(slot);
    Optional<Hop> hop = hopped ? hop(new Told(slot, 1)) : NO_HOP;
    for (String here : List.of("north", "south")) {
      Decision decision =
          new Decider(TOPOLOGY, here).decide(table, slot(slot), unsafe, hop, NOTHING);
      boolean ownedHere = TOPOLOGY.cell(route.owner()).datacenter().equals(here);
      if (unsafe && route.isMoving()) {
        assertThat(decision).isInstanceOf(Decision.Wait.class);
      } else if (ownedHere) {
        assertThat(decision).isEqualTo(new Decision.Local("account", List.of(route.owner())));
      } else if (hopped) {
        assertThat(decision).isEqualTo(new Decision.Misdirected(new Told(slot, route.epoch())));
      } else {
        assertThat(decision)
            .isInstanceOfSatisfying(
                Decision.Remote.class,
                remote -> assertThat(remote.datacenter()).isNotEqualTo(here));
      }
    }
  }
}
