package io.homecell.cellctl.load;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What was asked and what was answered, kept by the load itself. Safe for any number of threads.
 */
final class Journal {
  /** One operation with its end. */
  record Entry(Operation operation, Outcome outcome) {}

  private final List<Entry> entries = new ArrayList<>();

  synchronized void add(Operation operation, Outcome outcome) {
    entries.add(new Entry(operation, outcome));
  }

  /** Everything so far, in the order in which the answers came. */
  synchronized List<Entry> entries() {
    return List.copyOf(entries);
  }

  long count(Predicate<Outcome> outcome) {
    return entries().stream().filter(entry -> outcome.test(entry.outcome())).count();
  }

  /** The acknowledged operations of a type. */
  static <T extends Operation> Stream<Acknowledged<T>> acknowledged(
      List<Entry> entries, Class<T> type) {
    return entries.stream()
        .filter(entry -> type.isInstance(entry.operation()))
        .filter(entry -> entry.outcome() instanceof Outcome.Acknowledged)
        .map(
            entry ->
                new Acknowledged<>(
                    type.cast(entry.operation()), (Outcome.Acknowledged) entry.outcome()));
  }

  /** The operations of a type whose outcome the client never learned. */
  static <T extends Operation> List<T> unknown(List<Entry> entries, Class<T> type) {
    return entries.stream()
        .filter(entry -> type.isInstance(entry.operation()))
        .filter(entry -> entry.outcome() instanceof Outcome.Unknown)
        .map(entry -> type.cast(entry.operation()))
        .toList();
  }

  /** An acknowledged operation of a known type. */
  record Acknowledged<T extends Operation>(T operation, Outcome.Acknowledged outcome) {}
}
