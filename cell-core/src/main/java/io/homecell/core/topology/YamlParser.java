package io.homecell.core.topology;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.homecell.core.topology.YamlValue.Entry;
import io.homecell.core.topology.YamlValue.Mapping;
import io.homecell.core.topology.YamlValue.Position;
import io.homecell.core.topology.YamlValue.Scalar;
import io.homecell.core.topology.YamlValue.Sequence;
import java.io.StringReader;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.yaml.snakeyaml.DumperOptions.ScalarStyle;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.reader.ReaderException;

/**
 * Reads one YAML document with the position of every key and value.
 *
 * <p>It goes below Jackson to SnakeYAML's nodes, because only those tell where a key stands and
 * show every duplicate key rather than the first. Plain scalars are read as in YAML 1.2's core
 * schema ({@code no} and {@code 1:30} are texts). Aliases are refused: each thing stands where it
 * is used, and a small file can't grow without bound.
 */
final class YamlParser {
  private final Problems problems;

  private YamlParser(Problems problems) {
    this.problems = problems;
  }

  /** The document, or empty if it could not be read at all and the problems say why. */
  static Optional<YamlValue> parse(String text, Problems problems) {
    try {
      Yaml yaml = new Yaml(new LoaderOptions());
      boolean aliases = false;
      for (Event event : yaml.parse(new StringReader(text))) {
        if (event instanceof AliasEvent alias) {
          aliases = true;
          problems.add(
              position(alias.getStartMark()),
              Cursor.ROOT,
              "alias '*" + alias.getAnchor() + "' (expected: the content itself, no aliases)");
        }
      }
      if (aliases) {
        return Optional.empty();
      }
      Node node = yaml.compose(new StringReader(text));
      if (node == null) {
        problems.add(
            Position.START, Cursor.ROOT, "nothing in the file (expected: slots, coordination, …)");
        return Optional.empty();
      }
      return Optional.of(new YamlParser(problems).value(node, position(node.getStartMark()), ""));
    } catch (MarkedYAMLException e) {
      Mark mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
      String context = e.getContext() == null ? "" : e.getContext().strip() + ": ";
      problems.add(
          mark == null ? Position.START : position(mark),
          Cursor.ROOT,
          "not YAML: " + context + oneLine(e.getProblem()));
    } catch (ReaderException e) {
      problems.add(
          positionOf(text, e.getPosition()),
          Cursor.ROOT,
          String.format("not YAML: character U+%04X is not allowed", e.getCodePoint()));
    } catch (YAMLException e) {
      problems.add(
          Position.START, Cursor.ROOT, "not YAML: " + oneLine(String.valueOf(e.getMessage())));
    }
    return Optional.empty();
  }

  private YamlValue value(Node node, Position keyAt, String path) {
    Position at = position(node.getStartMark());
    if (node instanceof MappingNode mapping) {
      return mapping(mapping, at, path);
    }
    if (node instanceof SequenceNode sequence) {
      List<YamlValue> items = new ArrayList<>();
      for (Node item : sequence.getValue()) {
        String itemPath = path + "[" + items.size() + "]";
        items.add(value(item, position(item.getStartMark()), itemPath));
      }
      return new Sequence(at, items);
    }
    ScalarNode scalar = (ScalarNode) node;
    boolean plain = scalar.getScalarStyle() == ScalarStyle.PLAIN;
    // A value that is not there has its mark on a later line: its key is what a person looks for.
    Position shown = plain && scalar.getValue().isEmpty() ? keyAt : at;
    return new Scalar(
        shown,
        plain ? resolve(scalar.getValue()) : JsonNodeFactory.instance.textNode(scalar.getValue()));
  }

  private Mapping mapping(MappingNode node, Position at, String path) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (NodeTuple tuple : node.getValue()) {
      Position keyAt = position(tuple.getKeyNode().getStartMark());
      if (!(tuple.getKeyNode() instanceof ScalarNode keyNode)) {
        problems.add(
            keyAt, path.isEmpty() ? Cursor.ROOT : path, "a key that is no text (expected: a name)");
        continue;
      }
      String key = keyNode.getValue();
      String keyPath = path.isEmpty() ? key : path + "." + key;
      Entry first = entries.get(key);
      if (first != null) {
        problems.add(
            keyAt,
            keyPath,
            "key '"
                + key
                + "' stands twice (expected: once; the first is on line "
                + first.keyAt().line()
                + ")");
        continue;
      }
      entries.put(key, new Entry(keyAt, value(tuple.getValueNode(), keyAt, keyPath)));
    }
    return new Mapping(at, entries);
  }

  private static JsonNode resolve(String plain) {
    JsonNodeFactory json = JsonNodeFactory.instance;
    switch (plain) {
      case "", "~", "null" -> {
        return json.nullNode();
      }
      case "true" -> {
        return json.booleanNode(true);
      }
      case "false" -> {
        return json.booleanNode(false);
      }
      default -> {
        if (!plain.matches("[-+]?[0-9]{1,30}")) {
          return json.textNode(plain);
        }
        BigInteger number = new BigInteger(plain);
        return number.bitLength() < 32
            ? json.numberNode(number.intValue())
            : json.numberNode(number);
      }
    }
  }

  private static Position position(Mark mark) {
    return new Position(mark.getLine() + 1, mark.getColumn() + 1);
  }

  private static Position positionOf(String text, int index) {
    String before = text.substring(0, Math.min(index, text.length()));
    int line = (int) before.chars().filter(c -> c == '\n').count() + 1;
    return new Position(line, before.length() - before.lastIndexOf('\n'));
  }

  private static String oneLine(String message) {
    return message == null ? "" : message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
