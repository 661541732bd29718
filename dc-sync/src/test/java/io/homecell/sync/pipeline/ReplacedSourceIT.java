package io.homecell.sync.pipeline;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.local.FreePorts;
import io.homecell.local.LocalMysql;
import io.homecell.local.MysqlDistribution;
import io.homecell.sync.Cells;
import io.homecell.sync.TwoCells;
import io.homecell.sync.WriteLoad;
import io.homecell.sync.position.GtidSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A cell's server dies and its replica, made and fed by MySQL itself, takes its place. */
@Timeout(180)
class ReplacedSourceIT {
  @Test
  void theReplicaGoesOnWhereTheServerEndedAndGetsBackWhatItHadNotReceived(@TempDir Path folder)
      throws Exception {
    try (TwoCells cells = TwoCells.start(folder)) {
      WriteLoad.prepare(cells, NORTH, 0);
      WriteLoad.prepare(cells, SOUTH, 600);
      LocalMysql replica = replicaOfNorth(cells, folder);
      try {
        replaceUnderLoad(cells, replica);
      } finally {
        replica.kill();
      }
    }
  }

  private static void replaceUnderLoad(TwoCells cells, LocalMysql replica) throws Exception {
    LocalMysql former = cells.server(NORTH);
    String formerUuid = cells.uuid(NORTH);
    GtidSet last;
    long atReplica;
    try (WriteLoad south = WriteLoad.start(cells, SOUTH, 600, 2, 5);
        Pipeline there = cells.pipeline(NORTH, SOUTH);
        Pipeline back = cells.pipeline(SOUTH, NORTH)) {
      write(cells, 200);
      cells.awaitArrival(NORTH, SOUTH);
      // the last transactions reach the other cell, and not the replica
      cells.replaceServer(NORTH, replica);
      cells.run(NORTH, "STOP REPLICA IO_THREAD");
      cells.replaceServer(NORTH, former);
      write(cells, 100);
      last = cells.executed(NORTH);
      cells.awaitArrival(NORTH, SOUTH);
      former.kill();
      Cells.requireSound(there);
      Cells.requireSound(back);

      cells.replaceServer(NORTH, replica);
      atReplica = last.subtract(cells.executed(NORTH)).size();
      assertThat(atReplica).isGreaterThan(100);
      cells.run(
          NORTH,
          "STOP REPLICA",
          "RESET REPLICA ALL",
          "SET GLOBAL super_read_only = OFF",
          "SET GLOBAL read_only = OFF",
          "INSERT INTO homecell.hc_server VALUES (@@server_uuid, 'north-1')");
      assertThat(cells.uuid(NORTH)).isNotEqualTo(formerUuid);
    }
    // topology.yaml names the new address; dc-sync starts with it, and only then the services
    try (WriteLoad south = WriteLoad.start(cells, SOUTH, 600, 2, 5);
        Pipeline there = cells.pipeline(NORTH, SOUTH);
        Pipeline back = cells.pipeline(SOUTH, NORTH)) {
      Cells.await(
          "what the replica had not received",
          Duration.ofSeconds(30),
          () -> last.subtract(cells.executed(NORTH)).isEmpty());
      write(cells, 200);
      cells.awaitArrival(NORTH, SOUTH);
      assertThat(back.status().applied()).isGreaterThanOrEqualTo(atReplica);
      Cells.requireSound(there);
      Cells.requireSound(back);
      assertThat(south.committed()).isPositive();
    }
    cells.settle();
    for (String cell : List.of(NORTH, SOUTH)) {
      assertThat(cells.query(cell, WriteLoad.WRONG)).containsExactly("0");
      assertThat(cells.query(cell, "SELECT cell FROM homecell.hc_server ORDER BY cell"))
          .containsExactly(NORTH, NORTH, SOUTH);
    }
  }

  private static void write(TwoCells cells, int transactions) throws Exception {
    try (WriteLoad load = WriteLoad.start(cells, NORTH, 0, 4, 2)) {
      Cells.await("commits", Duration.ofSeconds(60), () -> load.committed() >= transactions);
    }
  }

  /** As an administrator makes one: a copy of the stopped server's files, then replication. */
  private static LocalMysql replicaOfNorth(TwoCells cells, Path folder) throws Exception {
    cells.server(NORTH).stop();
    Path own = folder.resolve("replica");
    copy(folder.resolve(NORTH).resolve("data"), own.resolve("data"));
    Files.delete(own.resolve("data/auto.cnf")); // it names the server
    cells.startServer(NORTH);
    LocalMysql source = cells.server(NORTH);
    LocalMysql replica =
        LocalMysql.start(
            MysqlDistribution.locate(Optional.of(Path.of(MysqlDistribution.BUNDLED))),
            own,
            new Endpoint("127.0.0.1", FreePorts.takeOne()),
            9);
    Credentials user = cells.topology().credentials().get(Role.REPLICATION);
    cells.replaceServer(NORTH, replica);
    cells.run(
        NORTH,
        "SET GLOBAL super_read_only = ON",
        ("CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = %d, SOURCE_USER = '%s',"
                + " SOURCE_PASSWORD = '%s', SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1")
            .formatted(source.endpoint().port(), user.user(), user.password()),
        "START REPLICA");
    cells.replaceServer(NORTH, source);
    return replica;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path each : all.toList()) {
        Path copy = to.resolve(from.relativize(each).toString());
        if (Files.isDirectory(each)) {
          Files.createDirectories(copy);
        } else if (Files.isRegularFile(each)) {
          Files.copy(each, copy);
        }
      }
    }
  }
}
