package io.homecell.sync.apply;

import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.TableName;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What orders the rows of a table against all others: its unique keys, the keys by which children
 * refer to it, and the keys of its parents. Knows no table of the server; see {@link KeyCatalog}.
 *
 * <p>A key is one number for each value. A value that may equal others of unknown number takes the
 * key as a whole, which all the others share. Hashes that collide wait for each other, no more.
 *
 * <p>Safe for any number of threads.
 */
final class TableKeys {
  /** Whether a row holds the key, or only relies on another row that does. */
  enum Role {
    /** A unique key, or one that children refer to. */
    HELD,
    /** A parent's key, as a foreign key names it. */
    RELIED_ON
  }

  /**
   * A key.
   *
   * @param seed the same for a parent's key and a child's reference to it
   * @param parts in an order that both agree on; empty if one value can't be told from another
   */
  record Key(long seed, Role role, List<KeyPart> parts) {
    Key {
      parts = List.copyOf(parts);
    }

    boolean alwaysKnown() {
      return !parts.isEmpty() && parts.stream().allMatch(KeyPart::alwaysKnown);
    }
  }

  /**
   * Which changes of a row change others without a word in the source's log.
   *
   * @param onDelete whether deleting a row does
   * @param onUpdate the columns of which changing one does
   */
  record Cascades(boolean onDelete, Set<String> onUpdate) {
    static final Cascades NONE = new Cascades(false, Set.of());

    Cascades {
      onUpdate = Set.copyOf(onUpdate);
    }

    boolean happen(RowChange change) {
      if (change instanceof RowChange.Update update) {
        return onUpdate.stream()
            .anyMatch(column -> !sameValue(update.before(), update.after(), column));
      }
      return onDelete && change instanceof RowChange.Delete;
    }

    private static boolean sameValue(Row before, Row after, String column) {
      return before.value(column).equals(after.value(column));
    }
  }

  private final List<Key> keys;
  private final Cascades cascades;
  private volatile Layout layout;

  /** Where the parts of the keys are in a row of some columns; found once for all its rows. */
  private static final class Layout {
    private final List<String> columns;
    private final int[][] indexes;

    Layout(List<String> columns, List<Key> keys) {
      this.columns = columns;
      this.indexes = keys.stream().map(key -> indexes(key, columns)).toArray(int[][]::new);
    }

    private static int[] indexes(Key key, List<String> columns) {
      return key.parts().stream().mapToInt(part -> columns.indexOf(part.column())).toArray();
    }
  }

  TableKeys(List<Key> keys, Cascades cascades) {
    this.keys = List.copyOf(keys);
    this.cascades = cascades;
    this.layout = new Layout(List.of(), this.keys);
  }

  /** The number for which keys of some columns of a table start. */
  static long seed(TableName table, List<String> columns) {
    long hash = text(text(1, table.schema()), table.table());
    for (String column : columns) {
      hash = text(hash, column);
    }
    return hash;
  }

  private static long text(long hash, String text) {
    long mixed = KeyPart.mix(hash, -1);
    String folded = text.toLowerCase(Locale.ROOT);
    for (int i = 0; i < folded.length(); i++) {
      mixed = KeyPart.mix(mixed, folded.charAt(i));
    }
    return mixed;
  }

  /** Adds what a change must not be applied beside. */
  void collect(RowChange change, WriteSet.Builder into) {
    if (cascades.happen(change)) {
      into.everything();
    }
    change.images().forEach(image -> collect(image, into));
  }

  private void collect(Row image, WriteSet.Builder into) {
    int[][] indexes = indexes(image.columns());
    for (int i = 0; i < keys.size(); i++) {
      collect(keys.get(i), indexes[i], image, into);
    }
  }

  private static void collect(Key key, int[] indexes, Row image, WriteSet.Builder into) {
    long hash = key.seed();
    boolean known = !key.parts().isEmpty();
    for (int i = 0; i < indexes.length; i++) {
      if (indexes[i] < 0) {
        into.everything(); // the source has no such column: nothing is known
        return;
      }
      Object value = image.value(indexes[i]);
      if (value == null) {
        return; // such a row stands in nobody's way, and has no parent
      }
      OptionalLong number = key.parts().get(i).hash(value);
      known &= number.isPresent();
      hash = KeyPart.mix(hash, number.orElse(0));
    }
    if (!known) {
      into.write(key.seed());
      return;
    }
    if (key.role() == Role.HELD) {
      into.write(hash);
    } else {
      into.read(hash);
    }
    if (!key.alwaysKnown()) {
      into.read(key.seed());
    }
  }

  @SuppressWarnings("ReferenceEquality") // the rows of a table share their list of columns
  private int[][] indexes(List<String> columns) {
    Layout known = layout;
    if (known.columns != columns) {
      known = new Layout(columns, keys);
      layout = known;
    }
    return known.indexes;
  }
}
