package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.DurationOption;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code cellctl audit}: who did what, when and why. */
@Command(
    name = "audit",
    description = "Who did what, when and why: switches with each step, decisions on replication.",
    mixinStandardHelpOptions = true)
public final class AuditCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "From then on: such as 90m, or 2026-11-27T03:00:00Z.")
  private Optional<String> since = Optional.empty();

  @Option(
      names = "--operation",
      paramLabel = "ID",
      description = "Only what belongs to this operation.")
  private Optional<String> operation = Optional.empty();

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "200",
      description = "The newest N, 1 to 100000; ${DEFAULT-VALUE} if not said.")
  private int limit;

  @Override
  public Integer call() {
    if (limit < 1 || limit > 100_000) {
      throw CommandFailure.usage("--limit: " + limit + " (expected: 1 to 100000)");
    }
    List<JsonNode> newestFirst = read(ControlPlane.require(target));
    boolean more = newestFirst.size() > limit;
    List<JsonNode> shown =
        new ArrayList<>(newestFirst.subList(0, more ? limit : newestFirst.size()));
    if (target.isJson()) {
      target.printJson(Map.of("items", shown, "more", more));
      return 0;
    }
    if (more) {
      target.out().println("the newest " + limit + "; there are more: --limit, --since");
    }
    Collections.reverse(shown);
    shown.forEach(item -> target.out().println(line(item.path("entry"))));
    if (shown.isEmpty()) {
      target.out().println("nothing");
    }
    return 0;
  }

  /** One more than asked for, to know whether there are more. */
  private List<JsonNode> read(ControlPlane control) {
    List<JsonNode> all = new ArrayList<>();
    String path = "/admin/audit?since=" + start();
    Optional<String> cursor = Optional.empty();
    do {
      JsonNode page =
          control.get(
              path
                  + cursor
                      .map(next -> "&cursor=" + URLEncoder.encode(next, StandardCharsets.UTF_8))
                      .orElse(""));
      for (JsonNode item : page.path("items")) {
        if (operation.map(item.path("entry").path("operation").asText("")::equals).orElse(true)) {
          all.add(item);
        }
      }
      cursor = Optional.ofNullable(page.path("next").textValue());
    } while (cursor.isPresent() && all.size() <= limit);
    return all;
  }

  private Instant start() {
    if (since.isEmpty()) {
      return Instant.EPOCH;
    }
    try {
      return Instant.parse(since.get());
    } catch (DateTimeException notATime) {
      try {
        return Instant.now().minus(new DurationOption().convert(since.get()));
      } catch (TypeConversionException notAnAge) {
        throw CommandFailure.usage(
            "--since: '" + since.get() + "' (expected: such as 90m, or 2026-11-27T03:00:00Z)");
      }
    }
  }

  private static String line(JsonNode entry) {
    return entry.path("at").asText()
        + "  "
        + entry.path("who").asText()
        + "  "
        + entry.path("what").asText()
        + text(entry, "operation", "  ")
        + "  "
        + entry.path("detail").asText()
        + text(entry, "reason", "; reason: ")
        + text(entry, "outcome", "; outcome: ");
  }

  private static String text(JsonNode entry, String name, String before) {
    return Optional.ofNullable(entry.path(name).textValue()).map(before::concat).orElse("");
  }
}
