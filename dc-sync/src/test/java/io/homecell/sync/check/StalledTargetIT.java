package io.homecell.sync.check;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.homecell.sync.Cells;
import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineSettings;
import io.homecell.sync.pipeline.PipelineSettings.Patience;
import io.homecell.sync.pipeline.PipelineStatus.State;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A target that answers and commits nothing: why is named, and it goes on by itself. */
@Timeout(240)
class StalledTargetIT {
  private static final Patience SHORT = new Patience(Duration.ofMinutes(10), Duration.ofSeconds(3));

  private static PipelineSettings settings(TwoCells cells) {
    return cells.settings(NORTH, SOUTH).withPatience(SHORT);
  }

  private static Optional<String> stalled(Pipeline pipeline) {
    return pipeline.status().warnings().stream()
        .filter(WarningName.TARGET_STALLED::names)
        .findFirst();
  }

  private static String awaitStalled(Pipeline pipeline, String part) throws Exception {
    AtomicReference<String> found = new AtomicReference<>("");
    Cells.await(
        "TARGET_STALLED .. " + part + ", it is " + pipeline.status(),
        Duration.ofSeconds(60),
        () -> {
          stalled(pipeline).filter(warning -> warning.contains(part)).ifPresent(found::set);
          return !found.get().isEmpty();
        });
    return found.get();
  }

  private static void awaitGoesOn(TwoCells cells, Pipeline pipeline) throws Exception {
    cells.awaitArrival(NORTH, SOUTH);
    Cells.awaitState(pipeline, State.STREAMING);
    Cells.await("no warning", Duration.ofSeconds(20), () -> stalled(pipeline).isEmpty());
    Cells.requireSound(pipeline);
  }

  @Test
  void aLockOfAnotherSessionIsNamedWithTheSession(@TempDir Path folder) throws Exception {
    try (TwoCells cells = TwoCells.start(folder);
        Connection blocker = cells.server(SOUTH).rootConnection();
        Statement lock = blocker.createStatement();
        Pipeline pipeline = Pipeline.start(settings(cells), new SimpleMeterRegistry())) {
      cells.run(NORTH, "INSERT INTO account.wallet VALUES (1, 1, 'w', 10, 0, NULL)");
      cells.awaitArrival(NORTH, SOUTH);
      Cells.awaitState(pipeline, State.STREAMING);
      long session = id(lock);
      lock.execute("BEGIN");
      lock.execute("SELECT * FROM account.wallet WHERE id = 1 FOR UPDATE");
      cells.run(NORTH, "UPDATE account.wallet SET balance = 11, version = 1 WHERE id = 1");
      assertThat(awaitStalled(pipeline, "session "))
          .startsWith("TARGET_STALLED: south-1 answers and has committed nothing for ")
          .contains("session " + session + " (root@", "KILL " + session);
      lock.execute("ROLLBACK");
      awaitGoesOn(cells, pipeline);
    }
  }

  @Test
  void whereOtherSessionsCanNotBeSeenItSaysWhereToLook(@TempDir Path folder) throws Exception {
    try (TwoCells cells = TwoCells.start(folder);
        Connection blocker = cells.server(SOUTH).rootConnection();
        Statement lock = blocker.createStatement()) {
      String user = "'" + cells.database(SOUTH).replication().user() + "'@'%'";
      cells.run(
          SOUTH,
          "SET sql_log_bin = 0",
          "REVOKE PROCESS ON *.* FROM " + user,
          "REVOKE SELECT ON performance_schema.* FROM " + user);
      try (Pipeline pipeline = Pipeline.start(settings(cells), new SimpleMeterRegistry())) {
        cells.run(NORTH, "INSERT INTO account.wallet VALUES (1, 1, 'w', 10, 0, NULL)");
        cells.awaitArrival(NORTH, SOUTH);
        Cells.awaitState(pipeline, State.STREAMING);
        lock.execute("BEGIN");
        lock.execute("SELECT * FROM account.wallet WHERE id = 1 FOR UPDATE");
        cells.run(NORTH, "UPDATE account.wallet SET balance = 12, version = 2 WHERE id = 1");
        assertThat(awaitStalled(pipeline, "free disk space and error log"))
            .contains("sys.innodb_lock_waits");
        lock.execute("ROLLBACK");
        awaitGoesOn(cells, pipeline);
      }
    }
  }

  private static long id(Statement statement) throws Exception {
    try (ResultSet row = statement.executeQuery("SELECT CONNECTION_ID()")) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void aFullDiskIsNamedAndThePipelineGoesOnByItselfWhenThereIsSpace(@TempDir Path folder)
      throws Exception {
    Path disk = Files.createDirectories(folder.resolve(SOUTH));
    assumeTrue(
        command("mount", "-t", "tmpfs", "-o", "size=480m", "tmpfs", disk.toString()),
        "a small tmpfs can't be mounted here: that takes root");
    try {
      onSmallDisk(folder, disk);
    } finally {
      assertThat(command("umount", "-l", disk.toString())).isTrue();
    }
  }

  private static void onSmallDisk(Path folder, Path disk) throws Exception {
    try (TwoCells cells = TwoCells.start(folder);
        Pipeline pipeline = Pipeline.start(settings(cells), new SimpleMeterRegistry())) {
      cells.run(NORTH, "INSERT INTO account.wallet VALUES (1, 1, 'w', 10, 0, NULL)");
      cells.awaitArrival(NORTH, SOUTH);
      Cells.awaitState(pipeline, State.STREAMING);
      Path filler = disk.resolve("filler");
      fill(filler);
      cells.run(NORTH, "UPDATE account.wallet SET balance = 11, version = 1 WHERE id = 1");
      String warning = awaitStalled(pipeline, "disk is full");
      assertThat(warning)
          .startsWith("TARGET_STALLED: south-1 answers and has committed nothing for ")
          .contains("free space where the data and the binlog of south-1 are");
      cells.run(NORTH, "UPDATE account.wallet SET balance = 12, version = 2 WHERE id = 1");

      Files.delete(filler);
      Cells.await( // the server itself looks again only each minute
          "the transaction behind the full disk, it is " + pipeline.status(),
          Duration.ofSeconds(100),
          () -> cells.query(SOUTH, "SELECT balance FROM account.wallet").contains("12.00"));
      awaitGoesOn(cells, pipeline);
    }
  }

  private static boolean command(String... words) throws Exception {
    try {
      Process process = new ProcessBuilder(words).redirectErrorStream(true).start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException noSuchCommand) {
      return false;
    }
  }

  /** Until there is no room left. */
  private static void fill(Path filler) throws IOException {
    try (OutputStream out = Files.newOutputStream(filler)) {
      for (int size = 1 << 20; size > 0; size >>= 4) {
        byte[] block = new byte[size];
        try {
          while (true) {
            out.write(block);
          }
        } catch (IOException full) {
          // smaller ones may still fit
        }
      }
    }
  }
}
