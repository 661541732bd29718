package io.homecell.sync.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
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
import org.junit.jupiter.api.Test;

class DependencyTrackerTest {
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
    return Combinators.combine(keys, keys, Arbitraries.integers().between(0, 9))
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

  private static WriteSet keys(Set<Long> writes, Set<Long> reads, int everythingIfZero) {
    WriteSet.Builder keys = new WriteSet.Builder();
    writes.forEach(keys::write);
    reads.forEach(keys::read);
    if (everythingIfZero == 0) {
      keys.everything();
    }
    return keys.build();
  }

  /** Admits and completes in an arbitrary interleaving, up to five at work at once. */
  @Property
  void anyInterleavingKeepsTheOrderOfConflictsAndLosesNothing(
      @ForAll("items") List<Item> items, @ForAll long seed) {
    Random random = new Random(seed);
    DependencyTracker<Item> tracker = new DependencyTracker<>();
    List<DependencyTracker.Node<Item>> ready = new ArrayList<>();
    List<DependencyTracker.Node<Item>> running = new ArrayList<>();
    List<Item> done = new ArrayList<>();
    Map<Long, List<Integer>> target = new HashMap<>();
    Map<Integer, Map<Long, List<Integer>>> seenAtTarget = new HashMap<>();
    int admitted = 0;
    while (done.size() < items.size()) {
      int choice = random.nextInt(3);
      if (choice == 0 && admitted < items.size()) {
        Item item = items.get(admitted++);
        DependencyTracker.Node<Item> node = tracker.admit(item, item.keys());
        if (node.ready()) {
          ready.add(node);
        }
      } else if (choice == 1 && !ready.isEmpty() && running.size() < 5) {
        DependencyTracker.Node<Item> node = ready.remove(random.nextInt(ready.size()));
        for (DependencyTracker.Node<Item> other : running) {
          assertThat(other.item().keys().conflictsWith(node.item().keys())).isFalse();
        }
        running.add(node);
      } else if (choice == 2 && !running.isEmpty()) {
        DependencyTracker.Node<Item> node = running.remove(random.nextInt(running.size()));
        node.item().run(target, seenAtTarget);
        done.add(node.item());
        ready.addAll(tracker.complete(node));
      } else {
        assertThat(admitted < items.size() || !ready.isEmpty() || !running.isEmpty())
            .as("something can always go on")
            .isTrue();
      }
    }
    for (int i = 0; i < done.size(); i++) {
      for (int j = i + 1; j < done.size(); j++) {
        if (done.get(i).keys().conflictsWith(done.get(j).keys())) {
          assertThat(done.get(i).number()).isLessThan(done.get(j).number());
        }
      }
    }
    Map<Long, List<Integer>> source = new HashMap<>();
    Map<Integer, Map<Long, List<Integer>>> seenAtSource = new HashMap<>();
    items.forEach(item -> item.run(source, seenAtSource));
    assertThat(target).isEqualTo(source);
    assertThat(seenAtTarget).isEqualTo(seenAtSource);
    assertThat(tracker.unfinished()).isZero();
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
    return keys(Set.of(keys), Set.of(), 1);
  }

  @Test
  void childrenOfOneParentGoSideBySideAndItsDeletionBehindThem() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    WriteSet child = keys(Set.of(), Set.of(1L), 1);
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
    DependencyTracker.Node<String> node = tracker.admit("a", keys(Set.of(), Set.of(), 0));
    tracker.complete(node);
    assertThatThrownBy(() -> tracker.complete(node)).hasMessageContaining("twice");
  }
}
