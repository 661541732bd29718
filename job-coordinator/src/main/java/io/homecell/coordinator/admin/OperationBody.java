package io.homecell.coordinator.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.coordinator.operation.Kind;
import io.homecell.coordinator.operation.OperationRequest;
import io.homecell.coordinator.operation.RefusalName;
import io.homecell.coordinator.operation.WaveSizes;
import io.homecell.core.json.Json;
import io.homecell.core.slot.SlotRange;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The body of {@code POST /admin/operations}: {@code
 * {"kind":"switchover","from":"north","to":"south","slots":"0-99","percent":10,"waves":"1,10%,100%",
 * "waveWatchMillis":10000,"by":"who@where","reason":"…","force":["SOURCE_REACHABLE"],"dryRun":false}};
 * {@code force} may be {@code true} for all that may be overridden.
 */
record OperationBody(OperationRequest request, boolean dryRun) {
  private static final Duration WATCH = Duration.ofSeconds(10);

  /**
   * Reads a body.
   *
   * @throws IllegalArgumentException naming what is wrong and what is expected
   */
  static OperationBody parse(String json) {
    JsonNode body = Json.read(json.isBlank() ? "{}" : json, JsonNode.class);
    Optional<Integer> percent = Optional.empty();
    if (body.hasNonNull("percent")) {
      if (!body.get("percent").canConvertToInt()) {
        throw new IllegalArgumentException(
            "percent: " + body.get("percent") + " (expected: 1 to 100)");
      }
      percent = Optional.of(body.get("percent").intValue());
    }
    OperationRequest request =
        new OperationRequest(
            Kind.of(text(body, "kind").orElse("")),
            text(body, "from"),
            text(body, "to"),
            text(body, "slots").map(SlotRange::parse),
            percent,
            waves(body),
            text(body, "by"),
            text(body, "reason"),
            force(body.path("force")));
    boolean dryRun = body.path("dryRun").asBoolean(false);
    if (request.kind() == Kind.FAILOVER && !dryRun && request.reason().isEmpty()) {
      throw new IllegalArgumentException(
          "reason: missing (expected: why " + request.from().orElse("") + " is given up)");
    }
    return new OperationBody(request, dryRun);
  }

  private static Optional<WaveSizes> waves(JsonNode body) {
    long watchMillis = body.path("waveWatchMillis").asLong(WATCH.toMillis());
    return text(body, "waves").map(sizes -> WaveSizes.parse(sizes, Duration.ofMillis(watchMillis)));
  }

  private static Optional<String> text(JsonNode body, String name) {
    return body.hasNonNull(name)
        ? Optional.of(body.get(name).asText()).filter(text -> !text.isBlank())
        : Optional.empty();
  }

  private static Set<String> force(JsonNode node) {
    if (node.isBoolean()) {
      return node.booleanValue() ? RefusalName.overridable() : Set.of();
    }
    Set<String> names = new TreeSet<>();
    node.forEach(name -> names.add(name.asText()));
    RefusalName.checkForced(names);
    return names;
  }
}
