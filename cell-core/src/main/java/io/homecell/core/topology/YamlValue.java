package io.homecell.core.topology;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A parsed YAML document that still knows where each key and value stands. Keys of a mapping are
 * unique and keep the order of the file.
 */
sealed interface YamlValue {
  /** Where the value begins. */
  Position at();

  /** The same content without positions, for the schema validator. */
  JsonNode toJson();

  /** A place in the file; both from 1. */
  record Position(int line, int column) {
    static final Position START = new Position(1, 1);
  }

  /** A key of a mapping, and its value. */
  record Entry(Position keyAt, YamlValue value) {}

  /** Keys and values. */
  record Mapping(Position at, Map<String, Entry> entries) implements YamlValue {
    public Mapping {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    @Override
    public JsonNode toJson() {
      var json = JsonNodeFactory.instance.objectNode();
      entries.forEach((key, entry) -> json.set(key, entry.value().toJson()));
      return json;
    }
  }

  /** A list. */
  record Sequence(Position at, List<YamlValue> items) implements YamlValue {
    public Sequence {
      items = List.copyOf(items);
    }

    @Override
    public JsonNode toJson() {
      var json = JsonNodeFactory.instance.arrayNode();
      items.forEach(item -> json.add(item.toJson()));
      return json;
    }
  }

  /** A text, a number, a truth value or nothing. */
  record Scalar(Position at, JsonNode json) implements YamlValue {
    @Override
    public JsonNode toJson() {
      return json;
    }
  }
}
