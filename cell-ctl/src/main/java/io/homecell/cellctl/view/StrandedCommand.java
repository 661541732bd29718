package io.homecell.cellctl.view;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.cellctl.CommandFailure;
import io.homecell.cellctl.CommandGroup;
import io.homecell.cellctl.Operator;
import io.homecell.cellctl.Table;
import io.homecell.cellctl.Target;
import io.homecell.cellctl.control.ControlPlane;
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
import picocli.CommandLine.Parameters;

/** {@code cellctl sync stranded}: transactions that came too late, and what becomes of them. */
@Command(
    name = "stranded",
    description = "Transactions of a cell that was failed over before they were replicated.",
    mixinStandardHelpOptions = true,
    subcommands = {
      StrandedCommand.ListThem.class,
      StrandedCommand.Show.class,
      StrandedCommand.Replay.class,
      StrandedCommand.Discard.class
    })
final class StrandedCommand extends CommandGroup {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(60);

  /** One that is kept, with the dc-sync that can settle it. */
  private record Kept(ControlPlane sync, JsonNode transaction) {}

  private static List<Kept> find(Target target, String query) {
    Map<String, ControlPlane> syncs = new TreeMap<>();
    for (RunPipeline pipeline : RunPipeline.all(target)) {
      syncs.computeIfAbsent(pipeline.admin(), same -> pipeline.sync(ANSWER_WITHIN));
    }
    List<Kept> all = new ArrayList<>();
    for (ControlPlane sync : syncs.values()) {
      for (JsonNode one : Lists.of(sync.get("/sync/stranded" + query), "stranded")) {
        all.add(new Kept(sync, one));
      }
    }
    return all;
  }

  private static Kept findOne(Target target, String gtid, Optional<String> cell) {
    List<Kept> found =
        find(target, "?gtid=" + checked(gtid)).stream()
            .filter(
                kept ->
                    cell.filter(name -> !name.equals(kept.transaction().path("keptIn").asText()))
                        .isEmpty())
            .toList();
    if (found.isEmpty()) {
      throw CommandFailure.failed("no cell has kept a stranded transaction " + gtid);
    } else if (found.size() > 1) {
      throw CommandFailure.usage(
          gtid + " is kept in several cells (expected: --cell with one of them)");
    }
    return found.get(0);
  }

  private static String checked(String gtid) {
    if (!gtid.matches("[0-9a-fA-F-]{36}:[0-9]+")) {
      throw CommandFailure.usage(
          "GTID: '" + gtid + "' (expected: a server's UUID, a colon, a number)");
    }
    return gtid;
  }

  private static Table table(List<JsonNode> transactions) {
    Table table =
        new Table(
            "GTID",
            "FROM",
            "KEPT IN",
            "COMMITTED",
            "ROWS",
            "USERS",
            "STATE",
            "DECIDED BY",
            "REASON",
            "UNDONE");
    for (JsonNode one : transactions) {
      table.row(
          one.path("gtid").asText(),
          one.path("sourceCell").asText(),
          one.path("keptIn").asText(),
          one.path("committedAt").asText(),
          one.path("rows").asText(),
          StrandedSummary.joined(one.path("users")),
          one.path("state").asText(),
          one.path("decidedBy").asText("").replace("null", ""),
          one.path("reason").asText("").replace("null", ""),
          undone(one));
    }
    return table;
  }

  /** When its rows were as their owner has them everywhere; until then, why not yet. */
  private static String undone(JsonNode one) {
    if (one.path("undoneAt").isTextual()) {
      return one.path("undoneAt").asText();
    }
    boolean open = one.path("state").asText().equals("OPEN");
    return open
        ? ""
        : "not yet"
            + (one.path("undoWaits").isTextual() ? ": " + one.path("undoWaits").asText() : "");
  }

  /** What is kept. */
  @Command(
      name = "list",
      description = {
        "Lists them, open ones and settled ones, with a summary for each failover.",
        "USERS and operations are what columns tell: user_id, idem_key, idempotency_key."
      },
      mixinStandardHelpOptions = true)
  static final class ListThem implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Override
    public Integer call() {
      List<JsonNode> all = find(target, "").stream().map(Kept::transaction).toList();
      List<StrandedSummary> failovers =
          all.isEmpty()
              ? List.of()
              : StrandedSummary.of(
                  all,
                  Lists.of(ControlPlane.require(target).get("/admin/operations"), "operations"));
      if (target.isJson()) {
        target.printJson(Map.of("items", all, "failovers", failovers));
      } else {
        target.out().println(all.isEmpty() ? "no transaction is stranded" : table(all));
        failovers.forEach(failover -> target.out().println(failover.sentence()));
      }
      return 0;
    }
  }

  /** One with its rows. */
  @Command(
      name = "show",
      description = "Shows one with its rows: as it found them, as it left them, as they are here.",
      mixinStandardHelpOptions = true)
  static final class Show implements Callable<Integer> {
    @Mixin private Target target = new Target();

    @Parameters(paramLabel = "GTID", description = "Which one.")
    private String gtid = "";

    @Override
    public Integer call() {
      List<JsonNode> found =
          find(target, "?gtid=" + checked(gtid)).stream().map(Kept::transaction).toList();
      if (found.isEmpty()) {
        throw CommandFailure.failed("no cell has kept a stranded transaction " + gtid);
      }
      if (target.isJson()) {
        target.printJson(Map.of("items", found));
        return 0;
      }
      target.out().println(table(found));
      for (JsonNode one : found) {
        target.out().println("users: " + StrandedSummary.joined(one.path("users")));
        target.out().println("operations: " + StrandedSummary.joined(one.path("operations")));
        for (JsonNode change : one.path("changes")) {
          target.out().println();
          if (change.path("truncated").asBoolean()) {
            target
                .out()
                .println(
                    "too large to be kept whole, rows by table: "
                        + change.path("rowsByTable")
                        + "; its first changes:");
            continue;
          }
          target
              .out()
              .println(
                  change.path("op").asText()
                      + " "
                      + change.path("schema").asText()
                      + "."
                      + change.path("table").asText());
          for (String image : List.of("before", "after", "current")) {
            if (change.has(image)) {
              JsonNode row = change.path(image);
              target.out().println("  " + image + ": " + (row.isNull() ? "no row" : row));
            }
          }
        }
      }
      return 0;
    }
  }

  /** What both decisions need. */
  static final class DecisionOptions {
    @Parameters(
        paramLabel = "GTID",
        arity = "1..*",
        description = "Which ones; each is decided on by itself.")
    private List<String> gtids = List.of();

    @Option(
        names = "--reason",
        paramLabel = "TEXT",
        description = "Why; kept with it. A discard and a forced replay need it.")
    private String reason = "";

    @Option(
        names = "--by",
        paramLabel = "NAME",
        description = "Who decides; the user of this session if not given.")
    private Optional<String> by = Optional.empty();

    @Option(
        names = "--cell",
        paramLabel = "CELL",
        description = "The cell that has kept it, if several have.")
    private Optional<String> cell = Optional.empty();

    private int settle(Target target, String how, boolean force) {
      if (reason.isBlank() && (force || how.equals("discard"))) {
        throw CommandFailure.usage("--reason: none (expected: why, it is kept for good)");
      }
      if (gtids.size() == 1) {
        JsonNode answer = settleOne(target, gtids.get(0), how, force);
        tell(target, answer, Lists.of(answer, "stranded"));
        return 0;
      }
      int exitCode = 0;
      List<JsonNode> settled = new ArrayList<>();
      for (String gtid : gtids) {
        try {
          Lists.of(settleOne(target, gtid, how, force), "stranded").forEach(settled::add);
        } catch (CommandFailure failure) {
          target.err().println(gtid + ": " + failure.getMessage());
          exitCode = failure.kind().exitCode();
        }
      }
      tell(target, Map.of("items", settled), settled);
      return exitCode;
    }

    private static void tell(Target target, Object answer, Iterable<JsonNode> settled) {
      if (target.isJson()) {
        target.printJson(answer);
      } else {
        List<JsonNode> all = new ArrayList<>();
        settled.forEach(all::add);
        target.out().println(table(all));
      }
    }

    private JsonNode settleOne(Target target, String gtid, String how, boolean force) {
      Kept kept = findOne(target, gtid, cell);
      Map<String, Object> decision = new LinkedHashMap<>();
      decision.put("cell", kept.transaction().path("keptIn").asText());
      decision.put("gtid", gtid);
      decision.put("by", by.orElseGet(Operator::name));
      decision.put("reason", reason);
      decision.put("force", force);
      return kept.sync().post("/sync/stranded/" + how, Optional.of(decision));
    }
  }

  /** Does it again. */
  @Command(
      name = "replay",
      description = {
        "Makes its changes at the owner of its slots, as a new transaction.",
        "Refused if a row is not as the transaction had found it."
      },
      mixinStandardHelpOptions = true)
  static final class Replay implements Callable<Integer> {
    @Mixin private Target target = new Target();
    @Mixin private DecisionOptions decision = new DecisionOptions();

    @Option(
        names = "--force",
        description = "Write over rows that are not as it had found them; needs --reason.")
    private boolean force;

    @Override
    public Integer call() {
      return decision.settle(target, "replay", force);
    }
  }

  /** Gives it up. */
  @Command(
      name = "discard",
      description = "Gives it up: its changes are not made. It stays listed.",
      mixinStandardHelpOptions = true)
  static final class Discard implements Callable<Integer> {
    @Mixin private Target target = new Target();
    @Mixin private DecisionOptions decision = new DecisionOptions();

    @Override
    public Integer call() {
      return decision.settle(target, "discard", false);
    }
  }
}
