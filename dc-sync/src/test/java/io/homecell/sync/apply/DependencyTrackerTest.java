package io.homecell.sync.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class DependencyTrackerTest {
  /** A transaction that writes its own number to each of its keys. */
  record Item(int number, Set<Long> keys, boolean barrier) {
    boolean conflictsWith(Item other) {
      return barrier || other.barrier || !Collections.disjoint(keys, other.keys);
    }
  }

  @Provide
  Arbitrary<List<Item>> items() {
    return Arbitraries.longs()
        .between(0, 5)
        .set()
        .ofMaxSize(3)
        .flatMap(
            keys ->
                Arbitraries.integers()
                    .between(0, 9)
                    .map(n -> new Item(0, Set.copyOf(keys), n == 0)))
        .list()
        .ofMaxSize(40)
        .map(
            list -> {
              List<Item> numbered = new ArrayList<>();
              for (Item item : list) {
                numbered.add(new Item(numbered.size(), item.keys(), item.barrier()));
              }
              return numbered;
            });
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
    Map<Long, Integer> target = new HashMap<>();
    int admitted = 0;
    while (done.size() < items.size()) {
      int choice = random.nextInt(3);
      if (choice == 0 && admitted < items.size()) {
        Item item = items.get(admitted++);
        DependencyTracker.Node<Item> node = tracker.admit(item, item.keys(), item.barrier());
        if (node.ready()) {
          ready.add(node);
        }
      } else if (choice == 1 && !ready.isEmpty() && running.size() < 5) {
        DependencyTracker.Node<Item> node = ready.remove(random.nextInt(ready.size()));
        for (DependencyTracker.Node<Item> other : running) {
          assertThat(other.item().conflictsWith(node.item())).isFalse();
        }
        running.add(node);
      } else if (choice == 2 && !running.isEmpty()) {
        DependencyTracker.Node<Item> node = running.remove(random.nextInt(running.size()));
        node.item().keys().forEach(key -> target.put(key, node.item().number()));
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
        if (done.get(i).conflictsWith(done.get(j))) {
          assertThat(done.get(i).number()).isLessThan(done.get(j).number());
        }
      }
    }
    Map<Long, Integer> source = new HashMap<>();
    items.forEach(item -> item.keys().forEach(key -> source.put(key, item.number())));
    assertThat(target).isEqualTo(source);
    assertThat(tracker.unfinished()).isZero();
  }

  @Test
  void differentSlotsGoSideBySide() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    assertThat(tracker.admit("a", Set.of(1L), false).ready()).isTrue();
    assertThat(tracker.admit("b", Set.of(2L), false).ready()).isTrue();
    assertThat(tracker.admit("c", Set.of(1L, 2L), false).ready()).isFalse();
    assertThat(tracker.admit("d", Set.of(3L), false).ready()).isTrue();
  }

  @Test
  void completingTwiceIsAnError() {
    DependencyTracker<String> tracker = new DependencyTracker<>();
    DependencyTracker.Node<String> node = tracker.admit("a", Set.of(), true);
    tracker.complete(node);
    assertThatThrownBy(() -> tracker.complete(node)).hasMessageContaining("twice");
  }
}
