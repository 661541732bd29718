package io.homecell.sync.capture;

import io.debezium.spi.converter.CustomConverter;
import io.debezium.spi.converter.RelationalColumn;
import java.util.Locale;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Lets the values that Debezium would convert with a loss pass through it as they are in the
 * binlog; {@link DebeziumValues} reads them behind it. Public, for Debezium makes it by name.
 */
public final class ExactConverter implements CustomConverter<SchemaBuilder, RelationalColumn> {
  static final String DATE = "homecell.date";
  static final String DATE_TIME = "homecell.datetime";
  static final String TIMESTAMP = "homecell.timestamp";
  static final String TIME = "homecell.time";
  static final String YEAR = "homecell.year";
  static final String JSON = "homecell.json";
  static final String GEOMETRY = "homecell.geometry";

  /** A tag, see {@link LoggedOptions}. */
  static final String OPTIONS = "homecell.options";

  /** Followed by the charset's name. */
  static final String TEXT = "homecell.text.";

  private static final Set<String> GEOMETRIES =
      Set.of(
          "GEOMETRY",
          "POINT",
          "LINESTRING",
          "POLYGON",
          "MULTIPOINT",
          "MULTILINESTRING",
          "MULTIPOLYGON",
          "GEOMCOLLECTION",
          "GEOMETRYCOLLECTION");
  private static final Set<String> TEXTS =
      Set.of("CHAR", "VARCHAR", "TINYTEXT", "TEXT", "MEDIUMTEXT", "LONGTEXT");

  @Override
  public void configure(Properties properties) {
    // nothing to choose
  }

  @Override
  public void converterFor(
      RelationalColumn column, ConverterRegistration<SchemaBuilder> registration) {
    String type = column.typeName().toUpperCase(Locale.ROOT);
    switch (type) {
      case "DATE" -> number(DATE, registration);
      case "DATETIME" -> number(DATE_TIME, registration);
      case "TIMESTAMP" -> number(TIMESTAMP, registration);
      case "TIME" -> number(TIME, registration);
      case "YEAR" -> number(YEAR, registration);
      case "JSON" -> bytes(JSON, registration);
      case "ENUM", "SET" ->
          registration.register(
              SchemaBuilder.string().name(OPTIONS), value -> orDefault(value, String.class, ""));
      default -> {
        if (GEOMETRIES.contains(type)) {
          bytes(GEOMETRY, registration);
        } else if (TEXTS.contains(type) && column.charsetName() != null) {
          bytes(TEXT + column.charsetName().toLowerCase(Locale.ROOT), registration);
        }
      }
    }
  }

  private static void number(String name, ConverterRegistration<SchemaBuilder> registration) {
    registration.register(
        SchemaBuilder.int64().name(name), value -> orDefault(value, Long.class, 0L));
  }

  private static void bytes(String name, ConverterRegistration<SchemaBuilder> registration) {
    byte[] none = {};
    registration.register(
        SchemaBuilder.bytes().name(name), value -> orDefault(value, byte[].class, none));
  }

  /** What comes from the binlog has the class; anything else is a column's default, never used. */
  private static <T> @Nullable Object orDefault(
      @Nullable Object value, Class<T> fromBinlog, T unused) {
    return value == null || fromBinlog.isInstance(value) ? value : unused;
  }
}
