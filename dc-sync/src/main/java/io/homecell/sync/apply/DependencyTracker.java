package io.homecell.sync.apply;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides what may be applied beside what: two items with a key in common run in the order in which
 * they were admitted, a barrier runs alone, all else may run in any order.
 *
 * <p>So a slot is a lane, a transaction over several slots waits for all of them and nothing else,
 * and a fence row has everything before it behind it. No I/O, no clock, no threads; the caller
 * serialises its calls.
 */
final class DependencyTracker<T> {
  private final Map<Long, Node<T>> lastOfKey = new HashMap<>();
  private final Set<Node<T>> unfinished = new LinkedHashSet<>();
  private @Nullable Node<T> lastBarrier;

  /** An admitted item. */
  static final class Node<T> {
    private final T item;
    private final Set<Long> keys;
    private final List<Node<T>> waiting = new ArrayList<>();
    private int waitsFor;

    private Node(T item, Set<Long> keys) {
      this.item = item;
      this.keys = keys;
    }

    T item() {
      return item;
    }

    boolean ready() {
      return waitsFor == 0;
    }
  }

  /** Admits the next item in source order; it may run at once if it is {@link Node#ready}. */
  Node<T> admit(T item, Set<Long> keys, boolean barrier) {
    Node<T> node = new Node<>(item, keys);
    if (barrier) {
      unfinished.forEach(before -> waitFor(node, before));
      lastOfKey.clear();
      lastBarrier = node;
    } else {
      Set<Node<T>> before = new LinkedHashSet<>();
      if (lastBarrier != null) {
        before.add(lastBarrier);
      }
      for (Long key : keys) {
        Node<T> last = lastOfKey.put(key, node);
        if (last != null) {
          before.add(last);
        }
      }
      before.forEach(other -> waitFor(node, other));
    }
    unfinished.add(node);
    return node;
  }

  private static <T> void waitFor(Node<T> node, Node<T> before) {
    before.waiting.add(node);
    node.waitsFor++;
  }

  /** Marks an item as done; gives those that may run now, in source order. */
  List<Node<T>> complete(Node<T> node) {
    if (!unfinished.remove(node)) {
      throw new IllegalStateException("completed twice, or never admitted: " + node.item);
    }
    if (lastBarrier == node) {
      lastBarrier = null;
    }
    node.keys.forEach(key -> lastOfKey.remove(key, node));
    List<Node<T>> ready = new ArrayList<>();
    for (Node<T> waiting : node.waiting) {
      if (--waiting.waitsFor == 0) {
        ready.add(waiting);
      }
    }
    return ready;
  }

  int unfinished() {
    return unfinished.size();
  }
}
