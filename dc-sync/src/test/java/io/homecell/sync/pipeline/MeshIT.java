package io.homecell.sync.pipeline;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static io.homecell.sync.ThreeCells.ALL;
import static io.homecell.sync.ThreeCells.WEST;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.Cells;
import io.homecell.sync.Relay;
import io.homecell.sync.ThreeCells;
import io.homecell.sync.WriteLoad;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three cells and a pipeline for each ordered pair: every transaction can come two ways. */
@Timeout(240)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MeshIT {
  private static final Map<String, Integer> FIRST_SLOT = Map.of(NORTH, 0, WEST, 300, SOUTH, 600);

  private static ThreeCells cells;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = ThreeCells.start(folder);
    for (String cell : ALL) {
      WriteLoad.prepare(cells, cell, FIRST_SLOT.get(cell));
    }
  }

  @AfterAll
  static void stop() {
    cells.close();
  }

  /** Some of the pipelines of the mesh, by {@code source-target}. */
  private static final class Mesh implements AutoCloseable {
    final Map<String, Pipeline> pipelines = new TreeMap<>();

    static Mesh whole() {
      Mesh mesh = new Mesh();
      for (String source : ALL) {
        for (String target : ALL) {
          if (!source.equals(target)) {
            mesh.open(cells.settings(source, target));
          }
        }
      }
      return mesh;
    }

    Mesh open(PipelineSettings settings) {
      pipelines.put(settings.name(), Pipeline.start(settings, new SimpleMeterRegistry()));
      return this;
    }

    Mesh open(String source, String target) {
      return open(cells.settings(source, target));
    }

    void requireHealth() {
      pipelines.values().forEach(Cells::requireSound);
    }

    void await(String what, Duration within, Callable<Boolean> condition) throws Exception {
      Cells.await(
          what + " " + pipelines.values().stream().map(Pipeline::status).toList(),
          within,
          () -> {
            requireHealth();
            return condition.call();
          });
    }

    void awaitStreaming() throws Exception {
      await(
          "all streaming",
          Duration.ofSeconds(60),
          () ->
              pipelines.values().stream()
                  .allMatch(pipeline -> pipeline.status().state() == State.STREAMING));
    }

    /** Waits until a cell has what another has now. */
    void awaitArrival(String source, String target) throws Exception {
      GtidSet wanted = cells.executed(source);
      await(
          "the transactions of " + source + " at " + target,
          Duration.ofSeconds(60),
          () -> wanted.subtract(cells.executed(target)).isEmpty());
    }

    @Override
    public void close() {
      pipelines.values().forEach(Pipeline::stop);
      pipelines.values().forEach(Pipeline::close);
    }
  }

  private static void requireEqual() throws Exception {
    cells.settle();
    for (String cell : ALL) {
      assertThat(cells.query(cell, WriteLoad.WRONG)).as(cell).containsExactly("0");
    }
  }

  private static List<WriteLoad> writers(int connections) {
    List<WriteLoad> writers = new ArrayList<>();
    for (String cell : ALL) {
      writers.add(WriteLoad.start(cells, cell, FIRST_SLOT.get(cell), connections, 5));
    }
    return writers;
  }

  private static void awaitCommits(Mesh mesh, List<WriteLoad> writers, int each) throws Exception {
    for (WriteLoad load : writers) {
      long wanted = load.committed() + each;
      mesh.await("commits", Duration.ofSeconds(60), () -> load.committed() >= wanted);
    }
  }

  @Test
  @Order(1)
  void everyTransactionLandsOnceEverywhereWhileAPathIsCutAndMended() throws Exception {
    CellDatabase north = cells.database(NORTH);
    List<WriteLoad> writers;
    try (Relay cable = Relay.start(north.mysql());
        Mesh mesh = new Mesh()) {
      mesh.open(
          PipelineSettings.of(
              new CellDatabase(NORTH, cable.endpoint(), north.replication()),
              cells.database(SOUTH),
              1_000_009));
      mesh.open(NORTH, WEST).open(WEST, NORTH).open(WEST, SOUTH).open(SOUTH, NORTH);
      mesh.open(SOUTH, WEST);
      mesh.awaitStreaming();
      writers = writers(4);
      awaitCommits(mesh, writers, 100);
      cable.cut();
      awaitCommits(mesh, writers, 100);
      mesh.await(
          "the cut",
          Duration.ofSeconds(10),
          () -> mesh.pipelines.get("north-1-south-1").status().state() == State.STARTING);
      mesh.awaitArrival(NORTH, SOUTH); // by way of west
      cable.mend();
      awaitCommits(mesh, writers, 100);
      mesh.awaitStreaming();
      for (WriteLoad load : writers) {
        load.close();
      }
      mesh.awaitArrival(NORTH, WEST);
      mesh.awaitArrival(SOUTH, WEST);
      mesh.awaitArrival(WEST, NORTH);
      mesh.awaitArrival(WEST, SOUTH);
      mesh.requireHealth();
    }
    requireEqual();
  }

  @Test
  @Order(2)
  void aSchemaChangeUnderLoadArrivesOnceByWhicheverPathIsFirst() throws Exception {
    List<WriteLoad> writers;
    try (Mesh mesh = Mesh.whole()) {
      mesh.awaitStreaming();
      writers = writers(2);
      for (int round = 0; round < 2; round++) {
        String owner = ALL.get(round % ALL.size());
        String column = "note_" + round;
        cells.run(owner, "ALTER TABLE account.wallet ADD COLUMN " + column + " VARCHAR(20)");
        for (int i = 0; i < 20; i++) {
          // the new column is used at once, and by the other cells as soon as they have it
          cells.run(
              owner,
              "UPDATE account.wallet SET %s = 'n%d' WHERE id = %d"
                  .formatted(column, i, WriteLoad.id(FIRST_SLOT.get(owner), 150 + i)));
        }
        for (String cell : ALL) {
          mesh.awaitArrival(owner, cell);
          cells.run(
              cell,
              "UPDATE account.wallet SET %s = 'second' WHERE id = %d"
                  .formatted(column, WriteLoad.id(FIRST_SLOT.get(cell), 190)));
        }
        awaitCommits(mesh, writers, 20);
      }
      for (WriteLoad load : writers) {
        load.close();
      }
      for (String cell : ALL) {
        mesh.awaitArrival(cell, NORTH);
        mesh.awaitArrival(cell, SOUTH);
        mesh.awaitArrival(cell, WEST);
      }
      mesh.requireHealth();
    }
    requireEqual();
    for (String cell : ALL) {
      for (int round = 0; round < 2; round++) {
        assertThat(
                cells.query(
                    cell,
                    "SELECT COUNT(note_%d), COUNT(DISTINCT note_%d) FROM account.wallet"
                        .formatted(round, round)))
            .containsExactly("23,21");
      }
    }
  }

  @Test
  @Order(3)
  void thePeerThatHasMoreOfADeadCellsLastTransactionsHandsThemToTheOneThatHasLess()
      throws Exception {
    String from = "SELECT COUNT(*) FROM account.entry WHERE slot BETWEEN 0 AND 255";
    long before = Long.parseLong(cells.query(SOUTH, from).get(0));
    try (Mesh mesh = new Mesh()) {
      mesh.open(NORTH, WEST); // south gets nothing of it
      try (WriteLoad load = WriteLoad.start(cells, NORTH, FIRST_SLOT.get(NORTH), 4, 2)) {
        awaitCommits(mesh, List.of(load), 100);
      }
      mesh.awaitArrival(NORTH, WEST);
      cells.server(NORTH).kill();
      assertThat(cells.query(SOUTH, from)).containsExactly(Long.toString(before));

      mesh.open(NORTH, SOUTH).open(SOUTH, NORTH).open(WEST, NORTH); // wait for it
      mesh.open(WEST, SOUTH).open(SOUTH, WEST);
      List<WriteLoad> others = new ArrayList<>();
      for (String cell : List.of(SOUTH, WEST)) {
        others.add(WriteLoad.start(cells, cell, FIRST_SLOT.get(cell), 4, 5));
      }
      mesh.awaitArrival(WEST, SOUTH);
      assertThat(Long.parseLong(cells.query(SOUTH, from).get(0))).isGreaterThan(before + 100);
      assertThat(cells.query(SOUTH, from)).isEqualTo(cells.query(WEST, from));
      awaitCommits(mesh, others, 50);

      // it comes back, and reaches but one of the two at first
      mesh.pipelines.remove("south-1-north-1").close();
      cells.startServer(NORTH);
      awaitCommits(mesh, others, 50);
      for (WriteLoad load : others) {
        load.close();
      }
      mesh.awaitArrival(SOUTH, WEST);
      mesh.awaitArrival(WEST, NORTH);
      mesh.requireHealth();
    }
    requireEqual();
  }
}
