package io.homecell.sync.load;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.homecell.sync.capture.JsonValue;
import io.homecell.sync.capture.JsonWriter;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads a JSON column by queries so that it can be written again exactly: its text, and with it the
 * type of each part that MySQL would read from text as another one (a DECIMAL, a date, bytes, a
 * small unsigned number). Such parts are told by their number in the order in which the paths
 * {@code $**.*} and {@code $**[*]} give all members and all elements.
 *
 * <p>What no query shows is the count of leading zeros that a DECIMAL is kept with: the number and
 * its scale are exact. Tested by {@code LoadIT} and {@code RepairIT}.
 */
final class JsonParts {
  private static final long UNSIGNED_FROM = 0xFFFF_FFFFL;
  private static final String MEMBERS = "$**.*";
  private static final String ELEMENTS = "$**[*]";
  private static final Set<String> TEXTUAL =
      Set.of("OBJECT", "ARRAY", "STRING", "DOUBLE", "BOOLEAN", "NULL");
  private static final int NUMBER_CHARS_MAX = 1_000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(Integer.MAX_VALUE)
                          .maxNameLength(Integer.MAX_VALUE)
                          .maxNumberLength(NUMBER_CHARS_MAX)
                          .build())
                  .build())
          .build();

  private final IdentityHashMap<JsonNode, JsonNode> special = new IdentityHashMap<>();
  private final JsonWriter out = new JsonWriter();

  private JsonParts() {}

  /** An expression that reads a column as one text, or NULL. */
  static String read(String column) {
    return "CONCAT(HEX(CAST(%s AS CHAR CHARACTER SET utf8mb4)),'|',%s,'|',%s,'|',JSON_TYPE(%s))"
        .formatted(column, special(column, MEMBERS), special(column, ELEMENTS), column);
  }

  private static String special(String column, String path) {
    return ("IFNULL((SELECT HEX(CAST(JSON_OBJECTAGG(j.n,JSON_ARRAY(JSON_TYPE(j.v),JSON_UNQUOTE(j.v)))"
            + " AS CHAR CHARACTER SET utf8mb4)) FROM JSON_TABLE(%s,'%s'"
            + " COLUMNS(n FOR ORDINALITY,v JSON PATH '$')) j WHERE CASE JSON_TYPE(j.v)"
            + " WHEN 'INTEGER' THEN j.v>%d WHEN 'UNSIGNED INTEGER' THEN j.v<=%d"
            + " ELSE JSON_TYPE(j.v) NOT IN ('%s') END),'')")
        .formatted(column, path, UNSIGNED_FROM, UNSIGNED_FROM, String.join("','", TEXTUAL));
  }

  /** The expression that writes what {@link #read} has read. */
  static String literal(String read) {
    String[] fields = read.split("\\|", -1);
    String type = fields[3];
    boolean container = type.equals("OBJECT") || type.equals("ARRAY");
    if (fields[1].isEmpty() && fields[2].isEmpty() && (container || TEXTUAL.contains(type))) {
      return "_utf8mb4 x'" + fields[0] + "'";
    }
    try {
      JsonParts parts = new JsonParts();
      JsonNode root = MAPPER.readTree(text(fields[0]));
      if (container) {
        List<JsonNode> members = new ArrayList<>();
        List<JsonNode> elements = new ArrayList<>();
        number(root, members, elements);
        parts.mark(members, text(fields[1]));
        parts.mark(elements, text(fields[2]));
        parts.write(root);
      } else {
        parts.typed(type, root.asText());
      }
      return parts.out.value() instanceof JsonValue value
          ? value.sql()
          : "_utf8mb4 x'" + fields[0] + "'";
    } catch (JsonProcessingException e) {
      throw unusable("it can't be read: " + e.getOriginalMessage());
    }
  }

  private static String text(String hex) {
    return new String(HexFormat.of().parseHex(hex), StandardCharsets.UTF_8);
  }

  /** Gives all members and all elements in the order of the paths. */
  private static void number(JsonNode node, List<JsonNode> members, List<JsonNode> elements) {
    node.forEach((node.isObject() ? members : elements)::add);
    node.forEach(child -> number(child, members, elements));
  }

  private void mark(List<JsonNode> nodes, String types) throws JsonProcessingException {
    if (types.isEmpty()) {
      return;
    }
    for (Map.Entry<String, JsonNode> one : MAPPER.readTree(types).properties()) {
      int index = Integer.parseInt(one.getKey()) - 1;
      JsonNode told = one.getValue();
      if (index >= nodes.size() || !isShown(nodes.get(index), told)) {
        throw unusable("part " + one.getKey() + " is not " + told);
      }
      special.put(nodes.get(index), told);
    }
  }

  /** Whether it is the very part: as text the same, as a number near enough. */
  private static boolean isShown(JsonNode node, JsonNode told) {
    return node.isNumber()
        ? node.doubleValue() == Double.parseDouble(told.get(1).asText())
        : node.isTextual() && node.asText().equals(told.get(1).asText());
  }

  private void write(JsonNode node) {
    JsonNode told = special.get(node);
    if (told != null) {
      typed(told.get(0).asText(), told.get(1).asText());
    } else if (node.isObject()) {
      object(node);
    } else if (node.isArray()) {
      out.beginArray();
      for (int i = 0; i < node.size(); i++) {
        if (i > 0) {
          out.next();
        }
        write(node.get(i));
      }
      out.endArray();
    } else if (node.isTextual()) {
      out.string(node.asText());
    } else if (node.isFloatingPointNumber()) {
      out.real(node.doubleValue());
    } else if (node.isNumber()) {
      if (node.canConvertToLong() && node.longValue() <= UNSIGNED_FROM) {
        out.signed(node.longValue());
      } else {
        out.unsigned(node.bigIntegerValue());
      }
    } else if (node.isBoolean()) {
      out.truth(node.booleanValue());
    } else {
      out.nothing();
    }
  }

  private void object(JsonNode node) {
    out.beginObject();
    boolean first = true;
    for (Map.Entry<String, JsonNode> member : node.properties()) {
      if (!first) {
        out.next();
      }
      first = false;
      out.name(member.getKey());
      write(member.getValue());
    }
    out.endObject();
  }

  private void typed(String type, String shown) {
    switch (type) {
      case "DECIMAL" -> {
        BigDecimal number = new BigDecimal(shown);
        out.decimal(number, Math.max(number.precision(), number.scale() + 1));
      }
      case "INTEGER" -> out.signed(Long.parseLong(shown));
      case "UNSIGNED INTEGER" -> out.unsigned(new BigDecimal(shown).toBigIntegerExact());
      case "DATE" -> out.date(shown, "DATE");
      case "DATETIME" -> out.date(shown, "DATETIME(6)");
      case "TIMESTAMP" -> out.date(shown, "TIMESTAMP(6)");
      case "TIME" -> out.time(shown);
      default -> opaque(type, shown);
    }
  }

  /** {@code base64:type252:AAE=}, with a line's end after each 76 characters. */
  private void opaque(String type, String shown) {
    String[] fields = shown.split(":", 3);
    if (fields.length < 3
        || !fields[1].matches("type\\d+")
        || !out.opaque(
            Integer.parseInt(fields[1].substring("type".length())),
            Base64.getMimeDecoder().decode(fields[2]))) {
      throw unusable("it holds a part of type " + type + ", which no statement writes again");
    }
  }

  private static ReplicationHaltedException unusable(String why) {
    return new ReplicationHaltedException(
        Reason.VALUE_UNUSABLE, "a JSON value can't be copied: " + why);
  }
}
