package io.homecell.sync.apply;

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
    private final List<Node<T>> waiting = new ArrayList<>();
    private int waitsFor;

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
  }

  /** The unfinished ones that the next user of a key may have to wait for. */
  private static final class Users<T> {
    private @Nullable Node<T> writer;

    /** Those that read the key since it was written last. */
    private final Set<Node<T>> readers = new LinkedHashSet<>(2);

    void await(boolean write, Set<Node<T>> before) {
      if (writer != null) {
        before.add(writer);
      }
      if (write) {
        before.addAll(readers);
      }
    }
  }

  /** Admits the next item in source order; it may run at once if it is {@link Node#ready}. */
  Node<T> admit(T item, WriteSet keys) {
    Node<T> node = new Node<>(item, keys);
    if (keys.everything()) {
      unfinished.forEach(before -> waitFor(node, before));
      unfinishedOfKey.clear();
      lastBarrier = node;
    } else {
      Set<Node<T>> before = new LinkedHashSet<>();
      if (lastBarrier != null) {
        before.add(lastBarrier);
      }
      for (Long key : keys.writes()) {
        Users<T> users = unfinishedOfKey.computeIfAbsent(key, first -> new Users<>());
        users.await(true, before);
        users.writer = node;
        users.readers.clear();
      }
      for (Long key : keys.reads()) {
        Users<T> users = unfinishedOfKey.computeIfAbsent(key, first -> new Users<>());
        users.await(false, before);
        users.readers.add(node);
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
    node.keys.writes().forEach(key -> forget(key, node));
    node.keys.reads().forEach(key -> forget(key, node));
    List<Node<T>> ready = new ArrayList<>();
    for (Node<T> waiting : node.waiting) {
      if (--waiting.waitsFor == 0) {
        ready.add(waiting);
      }
    }
    return ready;
  }

  private void forget(Long key, Node<T> node) {
    Users<T> users = unfinishedOfKey.get(key);
    if (users == null) {
      return; // a barrier came behind it
    }
    if (users.writer == node) {
      users.writer = null;
    }
    users.readers.remove(node);
    if (users.writer == null && users.readers.isEmpty()) {
      unfinishedOfKey.remove(key);
    }
  }

  int unfinished() {
    return unfinished.size();
  }
}
