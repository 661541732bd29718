package io.homecell.core.topology;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.path.NodePath;
import io.homecell.core.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The published JSON Schema, as a check: keys that are unknown or missing and values of a wrong
 * type, said in words instead of the schema's. What the other checks have told about a place
 * already is not told a second time. Immutable.
 */
final class TopologySchema {
  /** The schema's resource, for editors and for the command line to print. */
  static final String RESOURCE = "/META-INF/homecell/topology.schema.json";

  private final JsonNode text;
  private final Schema schema;

  private TopologySchema(JsonNode text, Schema schema) {
    this.text = text;
    this.schema = schema;
  }

  static TopologySchema load() {
    try (InputStream in = TopologySchema.class.getResourceAsStream(RESOURCE)) {
      JsonNode text = Json.mapper().readTree(Objects.requireNonNull(in, RESOURCE));
      SchemaRegistry registry =
          SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
      return new TopologySchema(text, registry.getSchema(text));
    } catch (IOException e) {
      throw new UncheckedIOException(RESOURCE, e);
    }
  }

  void check(Cursor root, Problems problems) {
    for (Error error : schema.validate(root.value().toJson())) {
      finding(root, error)
          .filter(found -> !isTold(error, found, problems))
          .ifPresent(
              found -> {
                if (found.aboutKey()) {
                  problems.wrongKey(found.cursor(), found.message());
                } else {
                  problems.wrong(found.cursor(), found.message());
                }
              });
    }
  }

  private static boolean isTold(Error error, Finding found, Problems problems) {
    // Names are checked with the rest; the error of propertyNames is about the map, not the name.
    return error.getEvaluationPath().contains("propertyNames")
        || problems.concern(found.cursor().path())
        || (!found.parent().equals(Cursor.ROOT) && problems.concern(found.parent()))
        || (error.getKeyword().equals("oneOf") && problems.concernBelow(found.cursor()));
  }

  private record Finding(Cursor cursor, String parent, boolean aboutKey, String message) {}

  private Optional<Finding> finding(Cursor root, Error error) {
    Cursor cursor = root;
    String parent = "";
    NodePath location = error.getInstanceLocation();
    for (int i = 0; i < location.getNameCount(); i++) {
      Cursor from = cursor;
      Optional<Cursor> next =
          location.getElement(i) instanceof Integer index
              ? from.get(index)
              : from.get(location.getName(i));
      if (next.isEmpty()) {
        break;
      }
      parent = from.path();
      cursor = next.get();
    }
    Cursor at = cursor;
    String property = error.getProperty();
    JsonNode rule = Objects.requireNonNullElse(error.getSchemaNode(), text);
    return switch (error.getKeyword()) {
      case "additionalProperties" ->
          at.get(property)
              .map(
                  key ->
                      new Finding(
                          key,
                          at.path(),
                          true,
                          "unknown key '" + property + "' (allowed: " + allowedKeys(error) + ")"));
      case "required" ->
          Optional.of(
              new Finding(
                  new Cursor(property, at.pathOf(property), at.keyAt(), at.value()),
                  at.path(),
                  true,
                  "missing (" + describe(error, property) + ")"));
      case "type" ->
          Optional.of(
              new Finding(at, parent, false, is(at) + " (expected: " + typeName(rule) + ")"));
      case "enum" ->
          Optional.of(new Finding(at, parent, false, is(at) + " (allowed: " + words(rule) + ")"));
      case "minProperties" ->
          Optional.of(new Finding(at, parent, true, "empty (expected: at least one)"));
      default -> Optional.of(new Finding(at, parent, false, error.getMessage()));
    };
  }

  private JsonNode around(Error error) {
    String pointer = error.getSchemaLocation().getFragment().toString();
    return text.at(pointer.substring(0, Math.max(0, pointer.lastIndexOf('/'))));
  }

  private String allowedKeys(Error error) {
    List<String> keys = new ArrayList<>();
    around(error).path("properties").fieldNames().forEachRemaining(keys::add);
    return String.join(", ", keys);
  }

  private String describe(Error error, String property) {
    JsonNode described = around(error).path("properties").path(property);
    String reference = described.path("$ref").asText();
    if (!described.has("description") && reference.startsWith("#")) {
      described = text.at(reference.substring(1));
    }
    String description = described.path("description").asText();
    return "expected" + (description.isEmpty() ? "" : ": " + description);
  }

  private static String is(Cursor cursor) {
    if (cursor.value() instanceof YamlValue.Mapping) {
      return "a mapping";
    }
    if (cursor.value() instanceof YamlValue.Sequence) {
      return "a list";
    }
    JsonNode json = cursor.value().toJson();
    if (json.isNull()) {
      return "nothing";
    }
    return json.isTextual()
        ? "'" + json.textValue() + "'"
        : (json.isNumber() ? "the number " : "the truth value ") + json.asText();
  }

  private static String typeName(JsonNode type) {
    if (type.isArray()) {
      List<String> names = new ArrayList<>();
      type.forEach(one -> names.add(typeName(one)));
      return String.join(" or ", names);
    }
    return switch (type.asText()) {
      case "object" -> "a mapping of keys to values";
      case "array" -> "a list";
      case "string" -> "a text";
      case "integer" -> "a whole number";
      default -> type.asText();
    };
  }

  private static String words(JsonNode list) {
    List<String> words = new ArrayList<>();
    list.forEach(word -> words.add(word.asText()));
    return String.join(", ", words);
  }
}
