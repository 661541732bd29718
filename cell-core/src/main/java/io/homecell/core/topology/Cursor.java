package io.homecell.core.topology;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.topology.YamlValue.Entry;
import io.homecell.core.topology.YamlValue.Mapping;
import io.homecell.core.topology.YamlValue.Position;
import io.homecell.core.topology.YamlValue.Scalar;
import io.homecell.core.topology.YamlValue.Sequence;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A value of the document and the way to it. Reading is tolerant: what is missing or of another
 * type is empty, since the schema check tells it; so every check can run whatever else is wrong.
 *
 * @param name the last key of the path, or its index
 * @param path such as {@code cells.south-1.slots} or {@code edge.routes[2].path}
 * @param keyAt where the key stands; the value itself for items of a list
 */
record Cursor(String name, String path, Position keyAt, YamlValue value) {
  /** What the path of the whole document is called. */
  static final String ROOT = "topology";

  static Cursor root(YamlValue document) {
    return new Cursor(ROOT, ROOT, document.at(), document);
  }

  Position at() {
    return value.at();
  }

  String pathOf(String key) {
    return path.equals(ROOT) ? key : path + "." + key;
  }

  Optional<Cursor> get(String key) {
    if (!(value instanceof Mapping mapping)) {
      return Optional.empty();
    }
    return Optional.ofNullable(mapping.entries().get(key)).map(entry -> below(key, entry));
  }

  Optional<Cursor> get(int index) {
    return items().stream().skip(index).findFirst();
  }

  /** The values of a mapping, each with its key as name. */
  List<Cursor> entries() {
    List<Cursor> entries = new ArrayList<>();
    if (value instanceof Mapping mapping) {
      mapping.entries().forEach((key, entry) -> entries.add(below(key, entry)));
    }
    return entries;
  }

  /** The keys of a mapping; empty if it is no mapping at all. */
  Optional<List<String>> keys() {
    return value instanceof Mapping mapping
        ? Optional.of(List.copyOf(mapping.entries().keySet()))
        : Optional.empty();
  }

  List<Cursor> items() {
    List<Cursor> items = new ArrayList<>();
    if (value instanceof Sequence sequence) {
      for (YamlValue item : sequence.items()) {
        int index = items.size();
        items.add(new Cursor(Integer.toString(index), path + "[" + index + "]", item.at(), item));
      }
    }
    return items;
  }

  Optional<String> text() {
    return json().filter(JsonNode::isTextual).map(JsonNode::textValue);
  }

  Optional<String> text(String key) {
    return get(key).flatMap(Cursor::text);
  }

  Optional<Integer> integer() {
    return json().filter(JsonNode::canConvertToInt).map(JsonNode::intValue);
  }

  /** A text, or a whole number as it is written. */
  Optional<String> textOrInteger() {
    return text().or(() -> integer().map(String::valueOf));
  }

  private Optional<JsonNode> json() {
    return value instanceof Scalar scalar ? Optional.of(scalar.json()) : Optional.empty();
  }

  private Cursor below(String key, Entry entry) {
    return new Cursor(key, pathOf(key), entry.keyAt(), entry.value());
  }
}
