package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LocalCommandsTest {
  @TempDir private Path folder;

  @Test
  void aValidTopologyIsSaidToBe() {
    CellctlRun.Result result = new CellctlRun(folder).run("topology", "validate");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("is valid: 1024 slots, 2 datacenters, 2 cells");
  }

  @Test
  void everyProblemOfATopologyIsNamedWithItsLine() throws IOException {
    CellctlRun cellctl = new CellctlRun(folder);
    Path file = cellctl.topology().file();
    Files.writeString(
        file,
        Files.readString(file)
            .replace("512-1023", "500-1023")
            .replace("lease: 8s", "lease: often"));
    CellctlRun.Result result = cellctl.run("topology", "validate");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.out()).contains("topology.yaml:8:").contains("topology.yaml:2:");
    assertThat(cellctl.run("topology", "validate", "-o", "json").json().path("problems"))
        .hasSizeGreaterThanOrEqualTo(2);
  }

  @Test
  void downStopsByPidWhateverElseIsStale() throws Exception {
    Process child = new ProcessBuilder("sleep", "600").start();
    try {
      Process ended = new ProcessBuilder("true").start();
      ended.onExit().join();
      CellctlRun cellctl =
          new CellctlRun(folder)
              .withProcess(
                  "north.router",
                  "router",
                  child.pid(),
                  child.info().startInstant().orElseThrow(),
                  1)
              .withProcess("south.router", "router", ended.pid(), Instant.now(), 2)
              // The pid of this very process, but not its start: it must not be touched.
              .withProcess(
                  "south.dc-sync", "dc-sync", ProcessHandle.current().pid(), Instant.EPOCH, 3);
      CellctlRun.Result result = cellctl.run("down");
      assertThat(result.exitCode()).isZero();
      assertThat(result.out()).contains("stopped 1 process");
      assertThat(child.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(cellctl.run("down").out()).contains("nothing runs");
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void killHitsTheProcessesNamedAndRefusesUnknownNames() throws Exception {
    Process child = new ProcessBuilder("sleep", "600").start();
    try {
      CellctlRun cellctl =
          new CellctlRun(folder)
              .withProcess(
                  "north.router",
                  "router",
                  child.pid(),
                  child.info().startInstant().orElseThrow(),
                  1);
      assertThat(cellctl.run("kill", "nobody").exitCode()).isEqualTo(2);
      assertThat(cellctl.run("kill", "--datacenter", "south").exitCode()).isEqualTo(2);
      assertThat(cellctl.run("kill").exitCode()).isEqualTo(2);
      assertThat(child.isAlive()).isTrue();
      CellctlRun.Result result = cellctl.run("kill", "--datacenter", "north");
      assertThat(result.exitCode()).isZero();
      assertThat(result.out()).contains("killed 1 process: north.router");
      assertThat(child.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(child.exitValue()).isEqualTo(137);
    } finally {
      child.destroyForcibly();
    }
  }

  @Test
  void upRefusesWhenPortsAreTakenAndNamesAllOfThem() throws IOException {
    CellctlRun cellctl = new CellctlRun(folder);
    int north = cellctl.topology().topology().cell("north-1").mysql().port();
    int router = cellctl.topology().topology().datacenter("south").router().port();
    try (ServerSocket one = new ServerSocket(north, 1, InetAddress.getLoopbackAddress());
        ServerSocket other = new ServerSocket(router, 1, InetAddress.getLoopbackAddress())) {
      assertThat(one.isBound() && other.isBound()).isTrue();
      CellctlRun.Result result = cellctl.run("up", "--detach");
      assertThat(result.exitCode()).isEqualTo(3);
      assertThat(result.err())
          .contains("port " + north + " of north-1.mysql is taken by pid")
          .contains("topology.yaml line 7")
          .contains("port " + router + " of south.router is taken by pid")
          .contains("topology.yaml line 5");
    }
  }

  @Test
  void aFolderThatCannotBeMadeIsNamedWithTheOptionThatMovesIt() throws IOException {
    CellctlRun cellctl = new CellctlRun(folder);
    Files.writeString(cellctl.home(), "in the way");
    CellctlRun.Result result = cellctl.run("up", "--detach");
    assertThat(result.exitCode()).isEqualTo(1);
    assertThat(result.err()).contains(cellctl.home().toString()).contains("--data");
  }

  @Test
  void helpNamesTheExitCodes() {
    CellctlRun.Result result = new CellctlRun(folder).run("--help");
    assertThat(result.exitCode()).isZero();
    assertThat(result.out()).contains("switchover").contains("refused by a check");
  }
}
