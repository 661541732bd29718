package io.homecell.sync.apply;

import io.homecell.sync.apply.KeyPart.Equality;
import io.homecell.sync.apply.TableKeys.Cascades;
import io.homecell.sync.apply.TableKeys.Role;
import io.homecell.sync.capture.TableName;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Reads the keys of one table from the target's catalog. */
final class KeyCatalog {
  private static final Set<String> NOTHING_FOLLOWS = Set.of("NO ACTION", "RESTRICT");

  private final Connection target;
  private final TableName table;
  private final Map<String, KeyPart> columns = new HashMap<>();
  private final Map<Long, TableKeys.Key> keys = new LinkedHashMap<>();

  private KeyCatalog(Connection target, TableName table) {
    this.target = target;
    this.table = table;
  }

  /** Column of a foreign key and the parent's column that it stands for. */
  private record Reference(String column, String parents) {}

  private record ForeignKey(String name, TableName parent) {}

  /**
   * Reads.
   *
   * @param keyed whether each of its rows can be told from all others by a key; else the table is a
   *     lane as a whole, beside the order of whatever unique keys it has
   */
  static TableKeys read(Connection target, TableName table, boolean keyed) throws SQLException {
    KeyCatalog catalog = new KeyCatalog(target, table);
    catalog.readColumns();
    catalog.readUniqueKeys();
    if (!keyed) {
      catalog.addLane();
    }
    Cascades cascades = catalog.readChildren();
    catalog.readParents();
    return new TableKeys(List.copyOf(catalog.keys.values()), cascades);
  }

  private ResultSet query(PreparedStatement query) throws SQLException {
    query.setString(1, table.schema());
    query.setString(2, table.table());
    return query.executeQuery();
  }

  private void readColumns() throws SQLException {
    try (PreparedStatement query =
            target.prepareStatement(
                "SELECT column_name, data_type, collation_name, extra"
                    + " FROM information_schema.columns WHERE table_schema = ? AND table_name = ?");
        ResultSet rows = query(query)) {
      while (rows.next()) {
        // what a virtual column was is not stored: the source's log need not have it right
        boolean virtual = rows.getString(4).toUpperCase(Locale.ROOT).contains("VIRTUAL GENERATED");
        Equality equality =
            virtual ? Equality.UNKNOWN : KeyPart.equality(rows.getString(2), rows.getString(3));
        String column = rows.getString(1);
        columns.put(column.toLowerCase(Locale.ROOT), new KeyPart(column, equality, KeyPart.WHOLE));
      }
    }
  }

  private void readUniqueKeys() throws SQLException {
    Map<String, List<KeyPart>> unique = new LinkedHashMap<>();
    Set<String> expressions = new HashSet<>();
    try (PreparedStatement query =
            target.prepareStatement(
                "SELECT index_name, column_name, sub_part FROM information_schema.statistics"
                    + " WHERE table_schema = ? AND table_name = ? AND non_unique = 0"
                    + " ORDER BY index_name, seq_in_index");
        ResultSet rows = query(query)) {
      while (rows.next()) {
        String index = rows.getString(1);
        String column = rows.getString(2);
        int prefix = rows.getInt(3);
        if (column == null) {
          expressions.add(index);
        } else {
          unique
              .computeIfAbsent(index, first -> new ArrayList<>())
              .add(part(column, prefix == 0 ? KeyPart.WHOLE : prefix));
        }
      }
    }
    unique.keySet().removeAll(expressions);
    unique.values().forEach(this::addHeld);
    for (String index : expressions) {
      long seed = TableKeys.seed(table, List.of("(" + index + ")"));
      keys.put(seed, new TableKeys.Key(seed, Role.HELD, List.of()));
    }
  }

  /** One key that all rows share. */
  private void addLane() {
    long seed = TableKeys.seed(table, List.of());
    keys.put(seed, new TableKeys.Key(seed, Role.HELD, List.of()));
  }

  /** A foreign key may name a column in another case than the table does. */
  private KeyPart part(String column, int prefix) {
    KeyPart whole = columns.get(column.toLowerCase(Locale.ROOT));
    if (whole == null) {
      throw new IllegalStateException(table + " has no column " + column + ", but a key of it");
    }
    return new KeyPart(whole.column(), whole.equality(), prefix);
  }

  private void addHeld(List<KeyPart> parts) {
    List<KeyPart> sorted = new ArrayList<>(parts);
    sorted.sort(Comparator.comparing(part -> part.column().toLowerCase(Locale.ROOT)));
    long seed =
        TableKeys.seed(
            table,
            sorted.stream()
                .map(
                    part ->
                        part.prefix() == KeyPart.WHOLE
                            ? part.column()
                            : part.column() + "(" + part.prefix() + ")")
                .toList());
    keys.put(seed, new TableKeys.Key(seed, Role.HELD, sorted));
  }

  /** The keys by which other tables refer to this one, and what they do when it changes. */
  private Cascades readChildren() throws SQLException {
    Map<String, List<KeyPart>> referenced = new LinkedHashMap<>();
    boolean onDelete = false;
    Set<String> onUpdate = new HashSet<>();
    try (PreparedStatement query =
            target.prepareStatement(
                "SELECT k.constraint_schema, k.constraint_name, k.referenced_column_name,"
                    + " r.update_rule, r.delete_rule"
                    + " FROM information_schema.key_column_usage k"
                    + " JOIN information_schema.referential_constraints r"
                    + " ON r.constraint_schema = k.constraint_schema"
                    + " AND r.constraint_name = k.constraint_name"
                    + " WHERE k.referenced_table_schema = ? AND k.referenced_table_name = ?");
        ResultSet rows = query(query)) {
      while (rows.next()) {
        KeyPart part = part(rows.getString(3), KeyPart.WHOLE);
        referenced
            .computeIfAbsent(
                rows.getString(1) + '.' + rows.getString(2), first -> new ArrayList<>())
            .add(part);
        onDelete |= !NOTHING_FOLLOWS.contains(rows.getString(5));
        if (!NOTHING_FOLLOWS.contains(rows.getString(4))) {
          onUpdate.add(part.column());
        }
      }
    }
    referenced.values().forEach(this::addHeld);
    return new Cascades(onDelete, onUpdate);
  }

  private void readParents() throws SQLException {
    Map<ForeignKey, List<Reference>> references = new LinkedHashMap<>();
    try (PreparedStatement query =
            target.prepareStatement(
                "SELECT constraint_name, column_name, referenced_table_schema,"
                    + " referenced_table_name, referenced_column_name"
                    + " FROM information_schema.key_column_usage WHERE table_schema = ?"
                    + " AND table_name = ? AND referenced_table_name IS NOT NULL");
        ResultSet rows = query(query)) {
      while (rows.next()) {
        TableName parent = new TableName(rows.getString(3), rows.getString(4));
        references
            .computeIfAbsent(new ForeignKey(rows.getString(1), parent), first -> new ArrayList<>())
            .add(new Reference(rows.getString(2), rows.getString(5)));
      }
    }
    references.forEach((key, columnsOf) -> addReliedOn(key.parent(), columnsOf));
  }

  private void addReliedOn(TableName parent, List<Reference> references) {
    references.sort(Comparator.comparing(of -> of.parents().toLowerCase(Locale.ROOT)));
    long seed = TableKeys.seed(parent, references.stream().map(Reference::parents).toList());
    List<KeyPart> parts = references.stream().map(of -> part(of.column(), KeyPart.WHOLE)).toList();
    // one table may refer to the same key, its own perhaps, by several foreign keys
    keys.put(
        KeyPart.mix(
            seed, TableKeys.seed(table, references.stream().map(Reference::column).toList())),
        new TableKeys.Key(seed, Role.RELIED_ON, parts));
  }
}
