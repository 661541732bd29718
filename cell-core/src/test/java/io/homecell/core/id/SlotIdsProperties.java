package io.homecell.core.id;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.slot.Slots;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What must hold of ids whatever the clock does, and whoever holds a node number when. */
class SlotIdsProperties {
  private static final int PROCESSES = 3;
  private static final long START = 1_000_000;
  private static final long AHEAD = 50;

  /** What can happen to one of three processes that share two node numbers. */
  sealed interface Event {
    int process();

    record Draw(int process, int slot, int times) implements Event {}

    /** Its clock moves, perhaps back. */
    record Clock(int process, long ticks) implements Event {}

    /** It reserves more, if it still holds its number. */
    record Extend(int process) implements Event {}

    /** It (or a new process in its place) takes a number, from whoever has it. */
    record Claim(int process, int node, boolean restarted) implements Event {}
  }

  @Provide
  Arbitrary<List<Event>> events() {
    Arbitrary<Integer> process = Arbitraries.integers().between(0, PROCESSES - 1);
    Arbitrary<Event> draw =
        Combinators.combine(
                process,
                Arbitraries.integers().between(0, 1),
                Arbitraries.integers().between(1, 40))
            .as(Event.Draw::new);
    Arbitrary<Event> clock =
        Combinators.combine(process, Arbitraries.longs().between(-200, 200)).as(Event.Clock::new);
    Arbitrary<Event> extend = process.map(Event.Extend::new);
    Arbitrary<Event> claim =
        Combinators.combine(
                process, Arbitraries.integers().between(6, 7), Arbitraries.of(true, false))
            .as(Event.Claim::new);
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(6, draw),
            net.jqwik.api.Tuple.of(3, clock),
            net.jqwik.api.Tuple.of(2, extend),
            net.jqwik.api.Tuple.of(2, claim))
        .list()
        .ofMinSize(5)
        .ofMaxSize(60);
  }

  /** The rule of hc_node_claim and hc_node_extend, with the processes of one cell around it. */
  private static final class World {
    final Slots slots = new Slots(1_024);
    final IdLayout layout = new IdLayout(slots);
    final long[] clock = new long[PROCESSES];
    final SlotIds[] ids = new SlotIds[PROCESSES];
    final NodeGrant[] held = new NodeGrant[PROCESSES];
    final Map<Integer, Long> reserved = new HashMap<>();
    final Map<Integer, Integer> holder = new HashMap<>();
    final Set<Long> drawn = new HashSet<>();
    final List<Map<Integer, Long>> lastOf = new ArrayList<>();

    World() {
      for (int process = 0; process < PROCESSES; process++) {
        clock[process] = START;
        lastOf.add(new HashMap<>());
        restart(process);
      }
    }

    void restart(int process) {
      ids[process] = new SlotIds(slots, () -> clock[process]);
      lastOf.get(process).clear();
      held[process] = null;
    }

    void happen(Event event) {
      int process = event.process();
      if (event instanceof Event.Draw draw) {
        for (int i = 0; i < draw.times(); i++) {
          draw(process, draw.slot());
        }
      } else if (event instanceof Event.Clock moved) {
        clock[process] = Math.max(0, clock[process] + moved.ticks());
      } else if (event instanceof Event.Claim claim) {
        if (claim.restarted()) {
          restart(process);
        }
        long from = reserved.getOrDefault(claim.node(), 0L);
        grant(process, new NodeGrant(claim.node(), from, reserve(claim.node(), process, from)));
        holder.put(claim.node(), process);
      } else if (held[process] != null
          && holder.getOrDefault(held[process].node(), -1) == process) {
        long until = reserve(held[process].node(), process, 0);
        grant(process, held[process].until(until));
      }
    }

    private long reserve(int node, int process, long floor) {
      long until = Math.max(floor, ids[process].highestTick()) + AHEAD;
      return reserved.merge(node, until, Math::max);
    }

    private void grant(int process, NodeGrant grant) {
      held[process] = grant;
      ids[process].grant(grant);
    }

    private void draw(int process, int slot) {
      long id;
      try {
        id = ids[process].next(slot);
      } catch (IdsUnavailableException used) {
        return;
      }
      assertThat(id).isPositive();
      assertThat(slots.of(id)).as("slot of the id").isEqualTo(slot);
      assertThat(drawn.add(id)).as("%d was drawn before", id).isTrue();
      Long before = lastOf.get(process).put(slot, id);
      assertThat(before == null || before < id).as("%s then %d", before, id).isTrue();
      assertThat(layout.node(id)).isEqualTo(held[process].node());
    }
  }

  @Property(tries = 2_000)
  void idsAreUniqueAndGrowWhateverHappens(@ForAll("events") List<Event> events) {
    World world = new World();
    events.forEach(world::happen);
  }

  @Property
  void aDrawIsTheFirstOfItsTickUnlessThatIsTaken(
      @ForAll("ticks") long tick, @ForAll("nodes") int node, @ForAll("counts") int count) {
    IdLayout layout = new IdLayout(new Slots(count));
    long first = layout.after(-1, tick, node);
    assertThat(layout.tickOf(first)).isEqualTo(tick);
    assertThat(layout.nodeOf(first)).isEqualTo(node);
    assertThat(layout.id(first, count - 1) & (count - 1)).isEqualTo(count - 1);
    assertThat(layout.id(first, 0)).isNotNegative();

    // Later clock, other node with a lower number, clock stepped back: always higher, in its tick
    // or later.
    assertThat(layout.after(first, tick + 1, node)).isGreaterThan(first);
    long other = layout.after(first, tick - 1, Math.max(0, node - 1));
    assertThat(other).isGreaterThan(first);
    assertThat(layout.nodeOf(other)).isEqualTo(Math.max(0, node - 1));
  }

  @Property
  void aUsedUpSequenceBorrowsTheNextTick(
      @ForAll("ticks") long tick, @ForAll("nodes") int node, @ForAll("counts") int count) {
    IdLayout layout = new IdLayout(new Slots(count));
    int inATick = (1 << 15) / count;
    long number = layout.after(-1, tick, node);
    for (int i = 1; i < inATick; i++) {
      number = layout.after(number, tick, node);
      assertThat(layout.tickOf(number)).isEqualTo(tick);
    }
    long borrowed = layout.after(number, tick, node);
    assertThat(layout.tickOf(borrowed)).isEqualTo(tick + 1);
    assertThat(layout.nodeOf(borrowed)).isEqualTo(node);
  }

  @Provide
  Arbitrary<Long> ticks() {
    return Arbitraries.longs().between(1, IdLayout.TICK_END - 2);
  }

  @Provide
  Arbitrary<Integer> nodes() {
    return Arbitraries.integers().between(0, 1_023);
  }

  @Provide
  Arbitrary<Integer> counts() {
    return Arbitraries.of(16, 256, 1_024, 4_096);
  }
}
