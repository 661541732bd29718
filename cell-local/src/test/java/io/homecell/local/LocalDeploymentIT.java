package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.route.RouteStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class LocalDeploymentIT {
  @TempDir private Path folder;
  private TestTopology topology;
  private LocalDeployment deployment;

  @BeforeEach
  void open() {
    topology = TestTopology.create(folder);
    deployment = openAgain();
  }

  private LocalDeployment openAgain() {
    return LocalDeployment.open(
        new LocalDeployment.Settings(
            topology.topology(),
            topology.file(),
            folder.resolve("home"),
            ProjectTree.find(),
            Optional.of(Path.of(MysqlDistribution.BUNDLED)),
            false,
            EnumSet.of(PartRole.ZOOKEEPER, PartRole.MYSQL)));
  }

  @AfterEach
  void stop() {
    deployment.stop(StartProgress.SILENT);
  }

  @Test
  void startsTheStoresOnceAndAnotherProcessFindsAndStopsThem() throws Exception {
    deployment.start(StartProgress.SILENT);
    List<RunningPart> first = deployment.processes();
    assertThat(first)
        .extracting(RunningPart::name)
        .containsExactlyInAnyOrder("zookeeper", "north-1.mysql", "south-1.mysql");
    assertThat(first).allMatch(RunningPart::isAlive);
    try (CuratorFramework client = Coordination.connect(topology.topology().coordination())) {
      assertThat(new RouteStore(client).read().orElseThrow().table().epoch()).isEqualTo(1);
    }

    LocalDeployment other = openAgain();
    assertThat(other.missing()).isEmpty();
    other.start(StartProgress.SILENT);
    assertThat(other.processes()).isEqualTo(first);

    other.stop(StartProgress.SILENT);
    assertThat(first).noneMatch(RunningPart::isAlive);
    assertThat(openAgain().processes()).isEmpty();
  }

  @Test
  void startsAgainOnlyWhatIsDead() {
    deployment.start(StartProgress.SILENT);
    long north = deployment.process(PartRole.MYSQL, "north-1").pid();
    long south = deployment.process(PartRole.MYSQL, "south-1").pid();
    deployment.kill(PartRole.MYSQL, "north-1");
    assertThat(deployment.missing()).extracting(Part::name).containsExactly("north-1.mysql");

    openAgain().start(StartProgress.SILENT);

    deployment = openAgain();
    assertThat(deployment.process(PartRole.MYSQL, "north-1").pid()).isNotEqualTo(north);
    assertThat(deployment.process(PartRole.MYSQL, "south-1").pid()).isEqualTo(south);
  }

  @Test
  void namesEveryTakenPortItsHolderAndTheLineToChangeAndStartsNothing() throws IOException {
    int port = topology.topology().cell("south-1").mysql().port();
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(taken.isBound()).isTrue();
      assertThatThrownBy(() -> deployment.start(StartProgress.SILENT))
          .isInstanceOf(LocalStartException.class)
          .hasMessageContaining("port " + port + " of south-1.mysql is taken by pid ")
          .hasMessageContaining(ProcessHandle.current().pid() + " (java)")
          .hasMessageContaining("topology.yaml line 8");
    }
    assertThat(deployment.processes()).isEmpty();
  }

  @Test
  void aStartThatFailsStopsWhatItStarted() throws IOException {
    // A MySQL that can't start: its data folder is a file.
    Path broken = folder.resolve("home/data/south-1.mysql");
    Files.createDirectories(broken.getParent());
    Files.writeString(broken, "in the way");
    assertThatThrownBy(() -> deployment.start(StartProgress.SILENT))
        .isInstanceOf(LocalStartException.class)
        .hasMessageContaining("south-1.mysql");
    assertThat(deployment.processes()).isEmpty();
    assertThat(FreePorts.isFree("127.0.0.1", topology.topology().cell("north-1").mysql().port()))
        .isTrue();
  }

  @Test
  void aPidThatWasReusedIsNotTakenForOurProcess() {
    deployment.start(StartProgress.SILENT);
    RunningPart part = deployment.process(PartRole.ZOOKEEPER, "");
    RunningPart reused =
        new RunningPart(
            part.name(),
            part.role(),
            part.datacenter(),
            part.cell(),
            part.pid(),
            part.startedAt().minusSeconds(60),
            part.host(),
            part.port(),
            part.adminPort(),
            part.log());
    assertThat(part.isAlive()).isTrue();
    assertThat(reused.isAlive()).isFalse();
  }
}
