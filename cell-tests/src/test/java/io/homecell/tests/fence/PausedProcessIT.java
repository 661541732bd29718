package io.homecell.tests.fence;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real process is stopped (SIGSTOP) between its last statement and its commit; its slots are
 * moved meanwhile; it goes on (SIGCONT) and its commit is refused.
 */
@Timeout(60)
class PausedProcessIT {
  private static FenceFixture cell;

  @TempDir Path folder;
  private Process writer;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cell = FenceFixture.start(folder);
  }

  @AfterAll
  static void stop() {
    cell.close();
  }

  @BeforeEach
  void writeAndStandStill() throws Exception {
    cell.reset();
    writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                PausedWriter.class.getName(),
                cell.test.file().toString(),
                cell.test.secrets().toString(),
                folder.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("writer.log").toFile())
            .start();
    FenceFixture.await(
        "the last statement is done",
        () -> {
          assertThat(writer.isAlive()).as(Files.readString(folder.resolve("writer.log"))).isTrue();
          return Files.exists(folder.resolve("written"));
        });
  }

  @AfterEach
  void kill() {
    writer.destroyForcibly();
  }

  @Test
  void withoutAFaultItCommits() throws Exception {
    assertThat(goOn()).isEqualTo("committed");
    assertThat(cell.entries()).isEqualTo(1);
  }

  @Test
  void afterAFailoverTheLeaseIsOver() throws Exception {
    signal("STOP");
    // A failover can't reach this database: it waits until the lease has ended by itself.
    cell.leaseEndsIn(Duration.ofMillis(200));
    FenceFixture.await("the lease is over", cell::leaseIsOver);
    signal("CONT");
    assertThat(goOn()).isEqualTo("CellFencedException");
    assertThat(cell.entries()).isZero();
  }

  @Test
  void afterASwitchoverTheSlotIsAnothers() throws Exception {
    signal("STOP");
    cell.execute(
        "UPDATE homecell.hc_slot SET state = 'CLOSED', epoch = 2 WHERE slot = " + PausedWriter.SLOT,
        "UPDATE homecell.hc_slot SET state = 'OPEN', owner = 'south-1', epoch = 3 WHERE slot = "
            + PausedWriter.SLOT);
    signal("CONT");
    assertThat(goOn()).isEqualTo("NotHomeException");
    assertThat(cell.entries()).isZero();
  }

  private void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(writer.pid())).start();
    assertThat(kill.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }

  private String goOn() throws Exception {
    Files.createFile(folder.resolve("go"));
    FenceFixture.await("the end", () -> Files.exists(folder.resolve("end")));
    return Files.readString(folder.resolve("end"));
  }
}
