package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import io.homecell.core.slot.SlotRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl sync verify}: names the rows that are not the same in two cells of a group. */
@Command(
    name = "verify",
    description = {
      "Compares the cells of each group while they work, and names every row that differs.",
      "Exit code 0 if all is proven equal, 1 if not."
    },
    mixinStandardHelpOptions = true)
final class VerifyCommand implements Callable<Integer> {
  private static final int SECONDS_MAX = 3_600;
  private static final Duration MARGIN = Duration.ofSeconds(20);

  @Mixin private Target target = new Target();

  @Option(
      names = "--slots",
      paramLabel = "A-B",
      description = "Only rows of these slots, such as 0-99 or 7.")
  private Optional<String> slots = Optional.empty();

  @Option(names = "--table", paramLabel = "SCHEMA.TABLE", description = "Only this table.")
  private Optional<String> table = Optional.empty();

  @Option(
      names = "--within",
      paramLabel = "SECONDS",
      description = "Gives up after so long, for each two cells; 300 if not given.",
      defaultValue = "300")
  private int seconds;

  @Override
  public Integer call() {
    if (seconds < 1 || seconds > SECONDS_MAX) {
      throw CommandFailure.usage(
          "--within: " + seconds + " (expected: 1 to " + SECONDS_MAX + " seconds)");
    }
    List<JsonNode> results = new ArrayList<>();
    for (RunPipeline pipeline : onePerPair(RunPipeline.all(target))) {
      results.add(verify(pipeline));
    }
    boolean equal = results.stream().allMatch(result -> result.path("equal").asBoolean());
    if (target.isJson()) {
      target.printJson(Map.of("equal", equal, "results", results));
    } else if (results.isEmpty()) {
      target.out().println("no pipeline has reported yet: nothing was compared");
    } else {
      results.forEach(this::print);
    }
    return equal && !results.isEmpty() ? 0 : CommandFailure.Kind.FAILED.exitCode();
  }

  /** Both directions would compare the same two cells: the first by name does. */
  private static List<RunPipeline> onePerPair(List<RunPipeline> all) {
    Map<String, RunPipeline> pairs = new TreeMap<>();
    for (RunPipeline pipeline : all) {
      if (pipeline.source().compareTo(pipeline.target()) < 0) {
        pairs.put(pipeline.source() + " " + pipeline.target(), pipeline);
      } else {
        pairs.putIfAbsent(pipeline.target() + " " + pipeline.source(), pipeline);
      }
    }
    return List.copyOf(pairs.values());
  }

  private JsonNode verify(RunPipeline pipeline) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("pipeline", pipeline.name());
    slots.ifPresent(range -> request.put("slots", checked(range)));
    table.ifPresent(name -> request.put("table", name));
    request.put("seconds", seconds);
    return pipeline
        .sync(Duration.ofSeconds(seconds).plus(MARGIN))
        .post("/sync/verify", Optional.of(request));
  }

  private static String checked(String range) {
    try {
      return SlotRange.parse(range).toString();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--" + e.getMessage());
    }
  }

  private void print(JsonNode result) {
    String pair = result.path("source").asText() + " and " + result.path("target").asText();
    Table tables = new Table("TABLE", "SLOTS", "ROWS", "DIFFER", "UNDECIDED", "NOTE");
    Table rows = new Table("TABLE", "KEY", "ROW", "COLUMNS");
    for (JsonNode one : result.path("tables")) {
      long listed = one.path("differences").size();
      tables.row(
          one.path("table").asText(),
          one.path("slots").asText(),
          one.path("rows").asText(),
          listed + one.path("more").asLong(),
          one.path("undecided").asText(),
          one.path("notCompared").asText());
      for (JsonNode row : one.path("differences")) {
        rows.row(
            row.path("schema").asText() + "." + row.path("table").asText(),
            key(row.path("key")),
            row.path("kind").asText(),
            columns(row.path("columns")));
      }
    }
    boolean equal = result.path("equal").asBoolean();
    target.out().println(pair + (equal ? " are equal" : " are not proven equal"));
    target.out().println(tables);
    if (!rows.isEmpty()) {
      target.out().println();
      target.out().println(rows);
    }
  }

  private static String key(JsonNode key) {
    List<String> parts = new ArrayList<>();
    key.properties().forEach(field -> parts.add(field.getKey() + "=" + field.getValue().asText()));
    return String.join(" ", parts);
  }

  private static String columns(JsonNode columns) {
    List<String> names = new ArrayList<>();
    columns.forEach(column -> names.add(column.asText()));
    return String.join(", ", names);
  }
}
