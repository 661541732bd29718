package io.homecell.sync.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

class DependencyTrackerTest {
  private enum Kind {
    KEYS,
    BEHIND_EVERYTHING,
    ALONE
  }

  private static final WriteSet BEAT = keys(Set.of(9L), Set.of(), Kind.BEHIND_EVERYTHING);

  /** A transaction that adds its own number to each key that it writes, and sees what it reads. */
  record Item(int number, WriteSet keys) {
    void run(Map<Long, List<Integer>> state, Map<Integer, Map<Long, List<Integer>>> seen) {
      Map<Long, List<Integer>> mine = new HashMap<>();
      for (Long key : keys.reads()) {
        mine.put(key, List.copyOf(state.getOrDefault(key, List.of())));
      }
      seen.put(number, mine);
      for (Long key : keys.writes()) {
        state.computeIfAbsent(key, first -> new ArrayList<>()).add(number);
      }
    }
  }

  @Provide
  Arbitrary<List<Item>> items() {
    Arbitrary<Set<Long>> keys = Arbitraries.longs().between(0, 5).set().ofMaxSize(3);
    Arbitrary<Kind> kinds =
        Arbitraries.frequency(
            Tuple.of(16, Kind.KEYS), Tuple.of(3, Kind.BEHIND_EVERYTHING), Tuple.of(1, Kind.ALONE));
    return Combinators.combine(keys, keys, kinds)
        .as(DependencyTrackerTest::keys)
        .list()
        .ofMaxSize(40)
        .map(
            list -> {
              List<Item> numbered = new ArrayList<>();
              for (WriteSet set : list) {
                numbered.add(new Item(numbered.size(), set));
              }
              return numbered;
            });
  }

  private static WriteSet keys(Set<Long> writes, Set<Long> reads, Kind kind) {
    WriteSet.Builder keys = new WriteSet.Builder();
    writes.forEach(keys::write);
    reads.forEach(keys::read);
    switch (kind) {
      case KEYS -> {}
      case BEHIND_EVERYTHING -> keys.behindEverything();
      case ALONE -> keys.everything();
    }
    return keys.build();
  }

  /** A run of all items in an arbitrary interleaving, up to five at work at once. */
  private static final class Run {
    private final List<Item> items;
    private final Random random;
    private final DependencyTracker<Item> tracker = new DependencyTracker<>();
    private final List<DependencyTracker.Node<Item>> ready = new ArrayList<>();
    private final List<DependencyTracker.Node<Item>> running = new ArrayList<>();

    /** Those of the parked ones that are not at work just now. */
    private final List<DependencyTracker.Node<Item>> resting = new ArrayList<>();

    private final Set<Item> parked = new HashSet<>();
    private final Set<Item> unfinished = new LinkedHashSet<>();

    /** By each that is behind everything: what it need not wait for, since it was stuck. */
    private final Map<Item, Set<Item>> excused = new HashMap<>();

    private final List<Item> done = new ArrayList<>();
    private final Map<Long, List<Integer>> target = new HashMap<>();
    private final Map<Integer, Map<Long, List<Integer>>> seenAtTarget = new HashMap<>();
    private int admitted;

    Run(List<Item> items, Random random) {
      this.items = items;
      this.random = random;
    }

    void toTheEnd() {
      while (done.size() < items.size()) {
        int choice = random.nextInt(8);
        if (choice < 2 && admitted < items.size()) {
          admit(items.get(admitted++));
        } else if (choice < 5 && !ready.isEmpty() && running.size() < 5) {
          start(ready.remove(random.nextInt(ready.size())));
        } else if (choice < 7 && !running.isEmpty()) {
          end(running.remove(random.nextInt(running.size())));
        } else if (choice == 7 && !resting.isEmpty()) {
          tryAgain();
        }
      }
    }

    private void admit(Item item) {
      unfinished.add(item);
      if (item.keys().behindEverything()) {
        excused.put(item, stuck());
      }
      DependencyTracker.Node<Item> node = tracker.admit(item, item.keys());
      if (node.ready()) {
        ready.add(node);
      }
    }

    private void start(DependencyTracker.Node<Item> node) {
      for (DependencyTracker.Node<Item> other : running) {
        assertThat(other.item().keys().conflictsWith(node.item().keys())).isFalse();
      }
      if (node.item().keys().behindEverything()) {
        assertThat(unfinished)
            .filteredOn(before -> before.number() < node.item().number())
            .isSubsetOf(excused.getOrDefault(node.item(), Set.of()));
      }
      running.add(node);
    }

    private void end(DependencyTracker.Node<Item> node) {
      if (random.nextInt(4) == 0) {
        parked.add(node.item());
        resting.add(node);
        Set<Item> stuck = stuck();
        excused.values().forEach(already -> already.addAll(stuck));
        ready.addAll(tracker.park(node));
        return;
      }
      node.item().run(target, seenAtTarget);
      done.add(node.item());
      parked.remove(node.item());
      unfinished.remove(node.item());
      ready.addAll(tracker.complete(node));
    }

    private void tryAgain() {
      if (admitted == items.size() && ready.isEmpty() && running.isEmpty()) {
        assertThat(stuck()).as("nothing else is left").isEqualTo(unfinished);
      }
      running.add(resting.remove(random.nextInt(resting.size())));
    }

    /** The parked ones, and what depends on them. */
    private Set<Item> stuck() {
      Set<Item> stuck = new HashSet<>();
      for (Item item : unfinished) {
        if (parked.contains(item)
            || stuck.stream().anyMatch(before -> before.keys().conflictsWith(item.keys()))) {
          stuck.add(item);
        }
      }
      return stuck;
    }
  }

  @Property
  void anyInterleavingKeepsTheOrderOfConflictsAndLosesNothing(
      @ForAll("items") List<Item> items, @ForAll long seed) {
    Run run = new Run(items, new Random(seed));
    assertTimeoutPreemptively(Duration.ofSeconds(10), run::toTheEnd, "something can always go on");
    for (int i = 0; i < run.done.size(); i++) {
      for (int j = i + 1; j < run.done.size(); j++) {
        if (run.done.get(i).keys().conflictsWith(run.done.get(j).keys())) {
          assertThat(run.done.get(i).number()).isLessThan(run.done.get(j).number());
        }
      }
    }
    Map<Long, List<Integer>> source = new HashMap<>();
    Map<Integer, Map<Long, List<Integer>>> seenAtSource = new HashMap<>();
    items.forEach(item -> item.run(source, seenAtSource));
    assertThat(run.target).isEqualTo(source);
    assertThat(run.seenAtTarget).isEqualTo(seenAtSource);
    assertThat(run.tracker.unfinished()).isZero();
  }

  @Test
  void nobodyButTheNextOneWaitsForABeat() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    DependencyTracker.Node<String> a = tracker.admit("a", writes(1L));
    DependencyTracker.Node<String> beat = tracker.admit("beat", BEAT);
    DependencyTracker.Node<String> next = tracker.admit("next beat", BEAT);
    assertThat(beat.ready() || next.ready()).isFalse();
    DependencyTracker.Node<String> b = tracker.admit("b", writes(2L));
    assertThat(b.ready()).isTrue();
    assertThat(tracker.complete(b)).isEmpty();
    assertThat(tracker.complete(a)).containsExactly(beat);
    assertThat(tracker.complete(beat)).containsExactly(next);
  }

  @Test
  void aBeatWaitsForNothingThatIsStuck() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    DependencyTracker.Node<String> refused = tracker.admit("refused", writes(1L));
    DependencyTracker.Node<String> behind = tracker.admit("behind it", writes(1L, 2L));
    DependencyTracker.Node<String> other = tracker.admit("other", writes(3L));
    DependencyTracker.Node<String> beat = tracker.admit("beat", BEAT);
    assertThat(tracker.park(refused)).isEmpty();
    assertThat(tracker.complete(other)).containsExactly(beat);
    assertThat(tracker.complete(beat)).isEmpty();
    DependencyTracker.Node<String> late = tracker.admit("behind that", writes(2L));
    DependencyTracker.Node<String> more = tracker.admit("next beat", BEAT);
    assertThat(late.ready()).isFalse();
    assertThat(more.ready()).isTrue();
    assertThat(tracker.complete(more)).isEmpty();
    assertThat(tracker.park(refused)).as("refused once more").isEmpty();
    assertThat(tracker.complete(refused)).containsExactly(behind);
    DependencyTracker.Node<String> last = tracker.admit("last beat", BEAT);
    assertThat(last.ready()).as("nothing is stuck any longer").isFalse();
    assertThat(tracker.complete(behind)).containsExactly(late);
    assertThat(tracker.complete(late)).containsExactly(last);
    assertThat(tracker.complete(last)).isEmpty();
    assertThat(tracker.unfinished()).isZero();
  }

  @Test
  void parkingFreesTheBeatThatWaits() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    DependencyTracker.Node<String> refused = tracker.admit("refused", writes(1L));
    tracker.admit("behind it", writes(1L));
    DependencyTracker.Node<String> beat = tracker.admit("beat", BEAT);
    assertThat(tracker.park(refused)).containsExactly(beat);
  }

  @Test
  void aBarrierAndWhatIsBehindItWaitForWhatIsParked() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    DependencyTracker.Node<String> refused = tracker.admit("refused", writes(1L));
    tracker.park(refused);
    DependencyTracker.Node<String> fence =
        tracker.admit("fence", keys(Set.of(), Set.of(), Kind.ALONE));
    DependencyTracker.Node<String> beat = tracker.admit("beat", BEAT);
    assertThat(fence.ready() || beat.ready()).isFalse();
    assertThat(tracker.complete(refused)).containsExactly(fence);
    assertThat(tracker.complete(fence)).containsExactly(beat);
  }

  @Test
  void differentSlotsGoSideBySide() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    assertThat(tracker.admit("a", writes(1L)).ready()).isTrue();
    assertThat(tracker.admit("b", writes(2L)).ready()).isTrue();
    assertThat(tracker.admit("c", writes(1L, 2L)).ready()).isFalse();
    assertThat(tracker.admit("d", writes(3L)).ready()).isTrue();
  }

  private static WriteSet writes(Long... keys) {
    return keys(Set.of(keys), Set.of(), Kind.KEYS);
  }

  @Test
  void childrenOfOneParentGoSideBySideAndItsDeletionBehindThem() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    WriteSet child = keys(Set.of(), Set.of(1L), Kind.KEYS);
    DependencyTracker.Node<String> one = tracker.admit("one", child);
    DependencyTracker.Node<String> two = tracker.admit("two", child);
    assertThat(one.ready() && two.ready()).isTrue();
    DependencyTracker.Node<String> parent = tracker.admit("parent", writes(1L));
    DependencyTracker.Node<String> late = tracker.admit("late", child);
    assertThat(parent.ready() || late.ready()).isFalse();
    assertThat(tracker.complete(one)).isEmpty();
    assertThat(tracker.complete(two)).containsExactly(parent);
    assertThat(tracker.complete(parent)).containsExactly(late);
  }

  @Test
  void completingTwiceIsAnError() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    DependencyTracker.Node<String> node = tracker.admit("a", keys(Set.of(), Set.of(), Kind.ALONE));
    tracker.complete(node);
    assertThatThrownBy(() -> tracker.complete(node)).hasMessageContaining("twice");
  }
}
