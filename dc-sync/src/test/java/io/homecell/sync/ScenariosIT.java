package io.homecell.sync;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.homecell.core.topology.Topology;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.GtidSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs {@code scenarios/*.sql}: tables that both cells have; behind {@code -- then} statements at
 * the source, after which both copies must be equal byte by byte, and so must the rows in both
 * servers' logs, where every bit of a value shows ({@link LoggedRows}); behind {@code -- halts
 * REASON} statements that stop the pipeline in that state and are then left out; with {@code by
 * debezium} behind it, only with that capture, and with another they arrive. A statement ends with
 * a semicolon at the end of a line.
 */
@Timeout(240)
class ScenariosIT {
  private static final Path FOLDER = Path.of("src/test/resources/scenarios");
  private static final String THEN = "-- then";
  private static final String HALTS = "-- halts ";

  /** Behind the reason: with another capture, it arrives. */
  private static final String BY_DEBEZIUM = " by debezium";

  /** A table of such a name may have gaps in its bytes at the source. */
  private static final String IN_PLACE = "_in_place";

  static TwoCells cells;
  private static Pipeline pipeline;
  private static Topology.Capture captured;
  private static final Map<Path, Scenario> SCENARIOS = new LinkedHashMap<>();

  private record Scenario(List<String> statements, List<Halt> halts, List<String> tables) {}

  private record Halt(String reason, List<String> statements) {
    /** Those that its statements are about: others may have rows that were left out. */
    List<String> tables(Scenario scenario) {
      return scenario.tables().stream()
          .filter(
              table -> statements.stream().anyMatch(sql -> sql.contains(table.replace("`", ""))))
          .toList();
    }
  }

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    start(folder, Topology.Capture.DEBEZIUM);
  }

  static void start(Path folder, Topology.Capture capture) throws Exception {
    cells = TwoCells.start(folder);
    cells.captureBy(capture);
    captured = capture;
    SCENARIOS.clear();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path file : files.sorted().toList()) {
        SCENARIOS.put(file, prepare(file));
      }
    }
    // the capture reads the tables when it starts
    pipeline = cells.pipeline(NORTH, SOUTH);
  }

  @AfterAll
  static void stop() {
    if (pipeline != null) {
      pipeline.close();
    }
    cells.close();
  }

  private static Scenario prepare(Path file) throws Exception {
    List<String> before = tables();
    List<List<String>> sections = new ArrayList<>();
    List<String> reasons = new ArrayList<>();
    sections.add(new ArrayList<>(List.of("SET sql_log_bin = 0", "SET sql_mode = ''")));
    StringBuilder statement = new StringBuilder();
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      if (line.equals(THEN) || line.startsWith(HALTS)) {
        reasons.add(line.equals(THEN) ? "" : line.substring(HALTS.length()));
        sections.add(new ArrayList<>());
      } else if (!line.startsWith("-- ")) {
        statement.append(line).append('\n');
      }
      if (line.endsWith(";")) {
        String sql = statement.toString().strip();
        sections.get(sections.size() - 1).add(sql.substring(0, sql.length() - 1));
        statement.setLength(0);
      }
    }
    assertThat(statement.toString().strip()).as("the end of %s", file).isEmpty();
    assertThat(reasons).as("sections of %s", file).startsWith("");
    for (String cell : List.of(NORTH, SOUTH)) {
      cells.run(cell, sections.get(0).toArray(String[]::new));
    }
    List<Halt> halts = new ArrayList<>();
    for (int i = 1; i < reasons.size(); i++) {
      halts.add(new Halt(reasons.get(i), sections.get(i + 1)));
    }
    List<String> made = new ArrayList<>(tables());
    made.removeAll(before);
    return new Scenario(sections.get(1), halts, made);
  }

  private static List<String> tables() throws Exception {
    return cells.query(
        NORTH,
        "SELECT CONCAT('`', table_schema, '`.`', REPLACE(table_name, '`', '``'), '`')"
            + " FROM information_schema.tables WHERE table_schema IN ('account', 'trade')"
            + " AND table_type = 'BASE TABLE' ORDER BY 1");
  }

  @TestFactory
  Stream<DynamicTest> scenarios() throws IOException {
    return SCENARIOS.entrySet().stream()
        .map(
            entry ->
                dynamicTest(entry.getKey().getFileName().toString(), () -> play(entry.getValue())));
  }

  private static void play(Scenario scenario) throws Exception {
    long conflicts = pipeline.status().conflicts();
    cells.run(NORTH, scenario.statements().toArray(String[]::new));
    try {
      awaitArrival();
      requireEqual(scenario.tables());
      assertThat(pipeline.status().conflicts()).isEqualTo(conflicts);
      for (Halt halt : scenario.halts()) {
        cells.run(NORTH, halt.statements().toArray(String[]::new));
        if (halt.reason().endsWith(BY_DEBEZIUM) && captured != Topology.Capture.DEBEZIUM) {
          awaitArrival();
          requireEqual(halt.tables(scenario));
          continue;
        }
        awaitBroken();
        assertThat(pipeline.status().detail())
            .startsWith(halt.reason().replace(BY_DEBEZIUM, "") + ":");
        leaveOut();
        awaitArrival();
      }
      requireEqualLogs(scenario.tables());
    } finally {
      while (pipeline.status().state() == State.BROKEN) {
        leaveOut(); // so that the next scenario is judged by itself
      }
    }
  }

  /**
   * Deletes the rows that are left, so that both logs have each of them once more as it is stored,
   * and requires that all rows which the target has written so far are the source's, bit by bit.
   */
  private static void requireEqualLogs(List<String> tables) throws Exception {
    List<String> keyed =
        cells.query(
            NORTH,
            "SELECT CONCAT('`', table_schema, '`.`', REPLACE(table_name, '`', '``'), '`')"
                + " FROM information_schema.statistics WHERE index_name = 'PRIMARY'");
    for (String table : tables) {
      if (keyed.contains(table)) {
        cells.run(NORTH, "DELETE FROM " + table);
      }
    }
    awaitArrival();
    Map<String, String> written = LoggedRows.read(cells.data(NORTH));
    Map<String, String> applied = LoggedRows.read(cells.data(SOUTH));
    String north = cells.uuid(NORTH);
    applied.keySet().removeIf(rows -> !rows.startsWith(north) || rows.endsWith(IN_PLACE));
    assertThat(applied).isNotEmpty();
    applied.forEach((rows, images) -> assertThat(images).as(rows).isEqualTo(written.get(rows)));
  }

  private static void requireEqual(List<String> tables) throws Exception {
    for (String table : tables) {
      assertThat(content(SOUTH, table)).as(table).isEqualTo(content(NORTH, table));
      assertThat(cells.query(SOUTH, "CHECKSUM TABLE " + table))
          .isEqualTo(cells.query(NORTH, "CHECKSUM TABLE " + table));
    }
  }

  private static void awaitArrival() throws Exception {
    GtidSet wanted = cells.executed(NORTH);
    TwoCells.await(
        "the scenario's transactions",
        Duration.ofSeconds(30),
        () -> {
          boolean arrived = wanted.subtract(cells.executed(SOUTH)).isEmpty();
          if (!arrived && pipeline.status().state() == State.BROKEN) {
            throw new AssertionError(pipeline.status().detail());
          }
          return arrived;
        });
  }

  private static void awaitBroken() throws Exception {
    TwoCells.await(
        "a halt", Duration.ofSeconds(20), () -> pipeline.status().state() == State.BROKEN);
  }

  /** Closes the identifier that the pipeline stands at, at the target. */
  private static void leaveOut() throws Exception {
    Matcher gtid = Pattern.compile("[0-9a-f-]{36}:[0-9]+").matcher(pipeline.status().detail());
    assertThat(gtid.find()).as(pipeline.status().detail()).isTrue();
    cells.run(
        SOUTH,
        "SET GTID_NEXT = '" + gtid.group() + "'",
        "BEGIN",
        "COMMIT",
        "SET GTID_NEXT = 'AUTOMATIC'");
    TwoCells.await(
        "going on", Duration.ofSeconds(20), () -> pipeline.status().state() != State.BROKEN);
  }

  /** Every column as digits of its bytes, in an order that depends on nothing else. */
  private static List<String> content(String cell, String table) throws Exception {
    String[] name = table.substring(1, table.length() - 1).replace("``", "`").split("`\\.`", 2);
    List<String> columns =
        cells.query(
            NORTH,
            "SELECT CONCAT('COALESCE(HEX(', CASE"
                + " WHEN data_type = 'float' THEN CONCAT('CAST(CAST(', c, ' AS DOUBLE) AS BINARY)')"
                + " WHEN data_type LIKE '%geom%' OR data_type LIKE '%point' OR data_type LIKE"
                + " '%polygon' OR data_type LIKE '%linestring' THEN c"
                + " WHEN data_type = 'json' THEN CONCAT('CAST(CONCAT(', c, ', JSON_TYPE(', c, '))"
                + " AS BINARY)')"
                + " ELSE CONCAT('CAST(', c, ' AS BINARY)') END, '), ''NULL'')')"
                + " FROM (SELECT *, CONCAT('`', REPLACE(column_name, '`', '``'), '`') AS c"
                + " FROM information_schema.columns) x WHERE table_schema = '"
                + name[0]
                + "' AND table_name = '"
                + name[1].replace("'", "''").replace("\\", "\\\\")
                + "' ORDER BY ordinal_position");
    return cells.query(cell, "SELECT " + String.join(", ", columns) + " FROM " + table).stream()
        .sorted()
        .toList();
  }
}
