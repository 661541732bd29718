package io.homecell.sync.apply;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides what may be applied beside what: two items with a key in common that one of them writes
 * run in the order in which they were admitted, a barrier runs alone, all else may run in any
 * order.
 *
 * <p>An item may be parked: it can't be completed for now. It and what depends on it are stuck
 * until it is completed after all. An item behind everything waits for all before it but the stuck
 * ones.
 *
 * <p>So a slot is a lane, a transaction over several slots waits for all of them and nothing else,
 * and a fence row has everything before it behind it. No I/O, no clock, no threads; the caller
 * serialises its calls.
 */
final class DependencyTracker<T> {
  private final Map<Long, Users<T>> unfinishedOfKey = new HashMap<>();
  private final Set<Node<T>> unfinished = new LinkedHashSet<>();
  private @Nullable Node<T> lastBarrier;

  /** An admitted item. */
  static final class Node<T> {
    private final T item;
    private final WriteSet keys;
    private final List<Node<T>> dependents = new ArrayList<>();

    /** Those that wait for it only as long as it is not stuck. */
    private final List<Node<T>> behind = new ArrayList<>();

    private int waitsFor;
    private boolean parked;

    /** How many of those that it depends on are stuck, and itself if it is parked. */
    private int stuckBy;

    private Node(T item, WriteSet keys) {
      this.item = item;
      this.keys = keys;
    }

    T item() {
      return item;
    }

    boolean ready() {
      return waitsFor == 0;
    }

    private boolean stuck() {
      return stuckBy > 0;
    }
  }

  /** The unfinished ones that the next user of a key may have to wait for. */
  private static final class Users<T> {
    private @Nullable Node<T> writer;

    /** Those that read the key since it was written last; most keys are never read. */
    private Set<Node<T>> readers = Set.of();

    void await(boolean write, Set<Node<T>> before) {
      if (writer != null) {
        before.add(writer);
      }
      if (write) {
        before.addAll(readers);
      }
    }

    void write(Node<T> node) {
      writer = node;
      readers = Set.of();
    }

    void read(Node<T> node) {
      if (readers.isEmpty()) {
        readers = new LinkedHashSet<>(2);
      }
      readers.add(node);
    }

    void forget(Node<T> node) {
      if (writer == node) {
        writer = null;
      }
      if (!readers.isEmpty()) {
        readers.remove(node);
      }
    }

    boolean isEmpty() {
      return writer == null && readers.isEmpty();
    }
  }

  /** Admits the next item in source order; it may run at once if it is {@link Node#ready}. */
  Node<T> admit(T item, WriteSet keys) {
    Node<T> node = new Node<>(item, keys);
    Set<Node<T>> before = new LinkedHashSet<>();
    if (keys.everything()) {
      before.addAll(unfinished);
      unfinishedOfKey.clear();
      lastBarrier = node;
    } else {
      if (lastBarrier != null) {
        before.add(lastBarrier);
      }
      for (Long key : keys.writes()) {
        Users<T> users = unfinishedOfKey.computeIfAbsent(key, first -> new Users<>());
        users.await(true, before);
        users.write(node);
      }
      for (Long key : keys.reads()) {
        Users<T> users = unfinishedOfKey.computeIfAbsent(key, first -> new Users<>());
        users.await(false, before);
        users.read(node);
      }
    }
    before.forEach(other -> dependOn(node, other));
    if (keys.behindEverything()) {
      unfinished.stream()
          .filter(other -> !other.stuck() && !before.contains(other))
          .forEach(other -> waitBehind(node, other));
    }
    unfinished.add(node);
    return node;
  }

  private static <T> void dependOn(Node<T> node, Node<T> before) {
    before.dependents.add(node);
    node.waitsFor++;
    if (before.stuck()) {
      node.stuckBy++;
    }
  }

  private static <T> void waitBehind(Node<T> node, Node<T> before) {
    before.behind.add(node);
    node.waitsFor++;
  }

  /**
   * Marks a ready item as one that can't be completed for now; gives those that need not wait for
   * it any longer, nor for what depends on it. Parking it again changes nothing.
   */
  List<Node<T>> park(Node<T> node) {
    if (!unfinished.contains(node)) {
      throw new IllegalStateException("completed, or never admitted: " + node.item);
    }
    List<Node<T>> ready = new ArrayList<>();
    if (node.parked) {
      return ready;
    }
    node.parked = true;
    ArrayDeque<Node<T>> reached = new ArrayDeque<>(List.of(node));
    while (!reached.isEmpty()) {
      Node<T> next = reached.remove();
      if (next.stuckBy++ == 0) {
        reached.addAll(next.dependents);
        release(next.behind, ready);
        next.behind.clear();
      }
    }
    return ready;
  }

  /** What depends on something else that is stuck stays so. */
  private void unpark(Node<T> node) {
    ArrayDeque<Node<T>> reached = new ArrayDeque<>(List.of(node));
    while (!reached.isEmpty()) {
      Node<T> next = reached.remove();
      if (--next.stuckBy == 0) {
        reached.addAll(next.dependents);
      }
    }
  }

  private static <T> void release(List<Node<T>> waiting, List<Node<T>> ready) {
    for (Node<T> node : waiting) {
      if (--node.waitsFor == 0) {
        ready.add(node);
      }
    }
  }

  /** Marks an item as done; gives those that may run now. */
  List<Node<T>> complete(Node<T> node) {
    if (!unfinished.remove(node)) {
      throw new IllegalStateException("completed twice, or never admitted: " + node.item);
    }
    if (lastBarrier == node) {
      lastBarrier = null;
    }
    node.keys.writes().forEach(key -> forget(key, node));
    node.keys.reads().forEach(key -> forget(key, node));
    if (node.parked) {
      unpark(node);
    }
    List<Node<T>> ready = new ArrayList<>();
    release(node.dependents, ready);
    release(node.behind, ready);
    return ready;
  }

  private void forget(Long key, Node<T> node) {
    Users<T> users = unfinishedOfKey.get(key);
    if (users == null) {
      return; // a barrier came behind it
    }
    users.forget(node);
    if (users.isEmpty()) {
      unfinishedOfKey.remove(key);
    }
  }

  int unfinished() {
    return unfinished.size();
  }
}
