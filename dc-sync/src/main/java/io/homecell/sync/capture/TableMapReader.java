package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.deserialization.ColumnType;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/**
 * Reads the body of a table map event. The binlog client's own reader takes names as text of the
 * JVM's default charset, and no option's bytes.
 */
final class TableMapReader {
  private static final int SIGNEDNESS = 1;
  private static final int DEFAULT_CHARSET = 2;
  private static final int COLUMN_CHARSET = 3;
  private static final int COLUMN_NAME = 4;
  private static final int SET_MEMBERS = 5;
  private static final int ENUM_MEMBERS = 6;
  private static final int OPTION_DEFAULT_CHARSET = 10;
  private static final int OPTION_COLUMN_CHARSET = 11;

  private final Map<Integer, String> charsets;
  private final TableName table;
  private final ColumnType[] types;
  private final int[] meta;
  private final boolean[] unsigned;
  private final int[] collations;
  private final List<List<byte[]>> members = new ArrayList<>();
  private final List<String> names = new ArrayList<>();

  private TableMapReader(Bytes in, Map<Integer, String> charsets) {
    this.charsets = charsets;
    in.skip(8); // the table's number and flags
    this.table = new TableName(name(in), name(in));
    int width = in.packed();
    this.types = new ColumnType[width];
    for (int i = 0; i < width; i++) {
      types[i] = type(in.unsignedByte());
      members.add(List.of());
    }
    this.meta = new int[width];
    this.unsigned = new boolean[width];
    this.collations = new int[width];
    in.packed(); // how long the types' bytes are
    for (int i = 0; i < width; i++) {
      readMeta(i, in);
    }
    in.skip((width + 7) / 8); // which may be NULL
    while (in.available() > 0) {
      int field = in.unsignedByte();
      readField(field, new Bytes(in.take(in.packed())));
    }
  }

  /**
   * Reads a table map.
   *
   * @param body of the event, without header and checksum
   * @param charsets of the server's collations, by their numbers
   * @throws ReplicationHaltedException if the server wrote no names into it
   */
  static TableMap read(byte[] body, Map<Integer, String> charsets) {
    return new TableMapReader(new Bytes(body), charsets).map();
  }

  /**
   * The ENUM and SET columns of a table map, by their place from 0; without members if the server
   * wrote none into it.
   */
  static Map<Integer, LoggedOptions.Column> options(byte[] body, Map<Integer, String> charsets) {
    TableMapReader reader = new TableMapReader(new Bytes(body), charsets);
    Map<Integer, LoggedOptions.Column> options = new HashMap<>();
    for (int i : reader.columns(reader::isOption)) {
      boolean named = reader.names.size() == reader.types.length;
      options.put(
          i,
          new LoggedOptions.Column(
              named
                  ? new ColumnOptions(reader.names.get(i), reader.charset(i), reader.members.get(i))
                  : new ColumnOptions("number " + (i + 1), BinlogColumn.BINARY, List.of()),
              reader.types[i] == ColumnType.SET));
    }
    return options;
  }

  /** The number that rows refer to. */
  static long id(byte[] body) {
    return new Bytes(body).littleEndian(6);
  }

  private static String name(Bytes in) {
    String name = in.utf8(in.unsignedByte());
    in.skip(1); // it ends with a zero, too
    return name;
  }

  private ColumnType type(int code) {
    ColumnType type = ColumnType.byCode(code);
    if (type == null) {
      throw new ReplicationHaltedException(
          Reason.TABLE_UNUSABLE, table + " has a column of MySQL's type " + code);
    }
    return type;
  }

  private void readMeta(int column, Bytes in) {
    switch (types[column]) {
      case FLOAT, DOUBLE, BLOB, JSON, GEOMETRY, TIME_V2, DATETIME_V2, TIMESTAMP_V2 ->
          meta[column] = in.unsignedByte();
      case BIT, VARCHAR, VAR_STRING, NEWDECIMAL, ENUM, SET -> meta[column] = (int) in.bigEndian(2);
      case STRING -> {
        meta[column] = (int) in.bigEndian(2);
        int real = meta[column] >> 8;
        if (real == ColumnType.ENUM.getCode() || real == ColumnType.SET.getCode()) {
          types[column] = type(real);
        }
      }
      case TINY, SHORT, INT24, LONG, LONGLONG, YEAR, DATE, TIMESTAMP, DATETIME, TIME -> {
        // nothing more to say
      }
      default ->
          throw new ReplicationHaltedException(
              Reason.TABLE_UNUSABLE, table + " has a column of type " + types[column]);
    }
  }

  private void readField(int field, Bytes in) {
    switch (field) {
      case SIGNEDNESS -> readSignedness(in);
      case DEFAULT_CHARSET -> readDefaultCharset(in, this::isText);
      case COLUMN_CHARSET -> readCharsets(in, this::isText);
      case OPTION_DEFAULT_CHARSET -> readDefaultCharset(in, this::isOption);
      case OPTION_COLUMN_CHARSET -> readCharsets(in, this::isOption);
      case COLUMN_NAME -> {
        while (in.available() > 0) {
          names.add(in.utf8(in.packed()));
        }
      }
      case SET_MEMBERS -> readMembers(in, ColumnType.SET);
      case ENUM_MEMBERS -> readMembers(in, ColumnType.ENUM);
      default -> {
        // keys, visibility, kinds of geometry: nothing that a value depends on
      }
    }
  }

  private int[] columns(IntPredicate wanted) {
    int[] found = new int[types.length];
    int count = 0;
    for (int i = 0; i < types.length; i++) {
      if (wanted.test(i)) {
        found[count++] = i;
      }
    }
    return Arrays.copyOf(found, count);
  }

  private boolean isNumber(int column) {
    return switch (types[column]) {
      case TINY, SHORT, INT24, LONG, LONGLONG, NEWDECIMAL, FLOAT, DOUBLE, YEAR -> true;
      default -> false;
    };
  }

  private boolean isText(int column) {
    return switch (types[column]) {
      case STRING, VAR_STRING, VARCHAR, BLOB -> true;
      default -> false;
    };
  }

  private boolean isOption(int column) {
    return types[column] == ColumnType.ENUM || types[column] == ColumnType.SET;
  }

  /** A bit for each number, the highest of each byte first. */
  private void readSignedness(Bytes in) {
    int[] numbers = columns(this::isNumber);
    int from = in.skip((numbers.length + 7) / 8);
    for (int i = 0; i < numbers.length; i++) {
      unsigned[numbers[i]] = in.bit(from, i ^ 7);
    }
  }

  private void readDefaultCharset(Bytes in, IntPredicate which) {
    int[] columns = columns(which);
    int usual = in.packed();
    for (int column : columns) {
      collations[column] = usual;
    }
    while (in.available() > 0) {
      int column = columns[in.packed()];
      collations[column] = in.packed();
    }
  }

  private void readCharsets(Bytes in, IntPredicate which) {
    for (int column : columns(which)) {
      collations[column] = in.packed();
    }
  }

  private void readMembers(Bytes in, ColumnType type) {
    for (int column : columns(i -> types[i] == type)) {
      int count = in.packed();
      List<byte[]> all = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        all.add(in.take(in.packed()));
      }
      members.set(column, all);
    }
  }

  private TableMap map() {
    if (names.size() != types.length) {
      throw new ReplicationHaltedException(
          Reason.SOURCE_SETTINGS,
          "rows of "
              + table
              + " were written without the names of their columns; set"
              + " binlog_row_metadata='FULL' at the source, and load the target anew or take"
              + " capture: debezium until it is past them");
    }
    List<BinlogColumn> readers = new ArrayList<>(types.length);
    for (int i = 0; i < types.length; i++) {
      String charset = charset(i);
      readers.add(
          BinlogColumn.of(
              types[i],
              meta[i],
              unsigned[i],
              charset,
              new ColumnOptions(names.get(i), charset, members.get(i))));
    }
    return new TableMap(table, names, readers);
  }

  private String charset(int column) {
    if (collations[column] == 0) {
      return BinlogColumn.BINARY; // no text
    }
    String charset = charsets.get(collations[column]);
    if (charset == null) {
      throw new ReplicationHaltedException(
          Reason.TABLE_UNUSABLE,
          table
              + ", column "
              + names.get(column)
              + ": collation "
              + collations[column]
              + " is not known to the source");
    }
    return charset;
  }
}
