package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cellctl routes raise}: puts a ZooKeeper right that was restored from an old copy. */
@Command(
    name = "raise",
    description = {
      "Makes the route table anew from the cells' fence rows, at an epoch above all that was seen;",
      "for a ZooKeeper that was restored from an old copy (EPOCH_WENT_BACK)."
    },
    mixinStandardHelpOptions = true)
final class RaiseCommand implements Callable<Integer> {
  @Mixin private Target target = new Target();

  @Option(names = "--dry-run", description = "Only tells what would be written.")
  private boolean dryRun;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why; it is kept in the audit log. Not needed with --dry-run.")
  private Optional<String> reason = Optional.empty();

  @Option(
      names = "--without",
      paramLabel = "CELL",
      split = ",",
      description = "Cells that do not answer and are dead: their datacenters become lost.")
  private List<String> without = List.of();

  @Option(
      names = {"-y", "--yes"},
      description = "It is meant; without it nothing is changed.")
  private boolean yes;

  @Override
  public Integer call() {
    if (!dryRun && (!yes || reason.isEmpty())) {
      throw CommandFailure.usage(
          "look with --dry-run first; then confirm with --yes and say why with --reason");
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("dryRun", dryRun);
    body.put("reason", reason.orElse("dry run"));
    body.put("without", without);
    JsonNode answer = ControlPlane.require(target).post("/admin/routes/raise", Optional.of(body));
    if (target.isJson()) {
      target.printJson(answer);
      return 0;
    }
    answer.path("findings").forEach(found -> target.out().println("found: " + found.asText()));
    String what = dryRun ? "would write: " : "wrote: ";
    answer.path("changes").forEach(change -> target.out().println(what + change.asText()));
    return 0;
  }
}
