package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Operator;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import io.homecell.core.slot.SlotRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl sync repair}: makes rows that differ as the cell has them that is right. */
@Command(
    name = "repair",
    description = {
      "Makes the rows that differ as one cell has them; where slots have owners, only the owner is right,",
      "and of copies in another group only their center.",
      "Exit code 0 if the cells are equal behind it, 1 if rows are left."
    },
    mixinStandardHelpOptions = true)
final class RepairCommand implements Callable<Integer> {
  private static final int SECONDS_MAX = 3_600;

  /** A verification before, one behind each round. */
  private static final int TIMES = 3;

  private static final Duration MARGIN = Duration.ofSeconds(20);

  @Mixin private Target target = new Target();

  @Option(
      names = "--from",
      paramLabel = "CELL",
      required = true,
      description = "The cell whose rows are right.")
  private String from = "";

  @Option(
      names = "--to",
      paramLabel = "CELL",
      description = "The cell to mend; the only other one of the group if not given.")
  private Optional<String> to = Optional.empty();

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
      description = "Gives up after so long; 300 if not given.",
      defaultValue = "300")
  private int seconds;

  @Option(
      names = "--delete",
      description = "Delete rows that the cell that is right does not have.")
  private boolean delete;

  @Option(names = "--dry-run", description = "Only name the rows.")
  private boolean dryRun;

  @Option(
      names = {"-y", "--yes"},
      description = "It is meant; without it nothing is changed.")
  private boolean yes;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why; logged with each row.")
  private String reason = "";

  @Option(
      names = "--by",
      paramLabel = "NAME",
      description = "Who decides; the user of this session if not given.")
  private Optional<String> by = Optional.empty();

  @Override
  public Integer call() {
    if (seconds < 1 || seconds > SECONDS_MAX) {
      throw CommandFailure.usage(
          "--within: " + seconds + " (expected: 1 to " + SECONDS_MAX + " seconds)");
    }
    if (!dryRun && (!yes || reason.isBlank())) {
      throw CommandFailure.usage(
          "rows are written over: see them with --dry-run, then confirm with --yes and --reason");
    }
    RunPipeline pipeline = pipeline();
    String mended = pipeline.source().equals(from) ? pipeline.target() : pipeline.source();
    JsonNode result =
        pipeline
            .sync(Duration.ofSeconds((long) TIMES * seconds).plus(MARGIN))
            .post("/sync/repair", Optional.of(request(mended)));
    if (target.isJson()) {
      target.printJson(result);
    } else {
      print(result);
    }
    return result.path("left").asLong() == 0 ? 0 : CommandFailure.Kind.FAILED.exitCode();
  }

  private RunPipeline pipeline() {
    List<RunPipeline> found = new ArrayList<>();
    for (RunPipeline one : RunPipeline.all(target)) {
      String other = one.source().equals(from) ? one.target() : one.source();
      boolean here = one.source().equals(from) || one.target().equals(from);
      if (here && to.filter(wanted -> !wanted.equals(other)).isEmpty()) {
        found.add(one);
      }
    }
    List<String> others =
        found.stream()
            .map(one -> one.source().equals(from) ? one.target() : one.source())
            .distinct()
            .toList();
    if (others.isEmpty()) {
      throw CommandFailure.failed(
          "no dc-sync runs a pipeline of " + from + to.map(cell -> " and " + cell).orElse(""));
    } else if (others.size() > 1) {
      throw CommandFailure.usage("--to: none (expected: one of " + others + ")");
    }
    return found.get(0);
  }

  private Map<String, Object> request(String mended) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("from", from);
    request.put("to", mended);
    slots.ifPresent(range -> request.put("slots", checked(range)));
    table.ifPresent(name -> request.put("table", name));
    request.put("seconds", seconds);
    request.put("dryRun", dryRun);
    request.put("delete", delete);
    request.put("by", by.orElseGet(Operator::name));
    request.put("reason", reason);
    return request;
  }

  private static String checked(String range) {
    try {
      return SlotRange.parse(range).toString();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--" + e.getMessage());
    }
  }

  private void print(JsonNode result) {
    Table rows = new Table("TABLE", "KEY", "OUTCOME", "NOTE");
    for (JsonNode row : result.path("rows")) {
      List<String> key = new ArrayList<>();
      row.path("key")
          .properties()
          .forEach(field -> key.add(field.getKey() + "=" + field.getValue().asText()));
      rows.row(
          row.path("schema").asText() + "." + row.path("table").asText(),
          String.join(" ", key),
          row.path("outcome").asText(),
          row.path("detail").asText());
    }
    if (!rows.isEmpty()) {
      target.out().println(rows);
    }
    target
        .out()
        .println(
            result.path("mended").asLong()
                + " rows of "
                + result.path("to").asText()
                + " mended, "
                + result.path("left").asLong()
                + " left");
  }
}
