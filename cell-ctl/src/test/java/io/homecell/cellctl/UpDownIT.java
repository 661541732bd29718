package io.homecell.cellctl;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code up} and {@code down} with the stores only; the whole is tried in cell-tests. */
@Timeout(600)
class UpDownIT {
  private static final String[] UP = {
    "up", "--detach", "--mysqld", "bundled", "--only", "zookeeper,mysql"
  };

  @TempDir private Path folder;
  private CellctlRun cellctl;

  @BeforeEach
  void prepare() {
    cellctl = new CellctlRun(folder);
  }

  @AfterEach
  void down() {
    cellctl.run("down");
  }

  @Test
  void upDownAndUpAgain() throws Exception {
    CellctlRun.Result up = cellctl.run(UP);
    assertThat(up.exitCode()).as(up.err()).isZero();
    assertThat(up.out())
        .contains("[3/3]")
        .contains("north (beijing): http://127.0.0.1:")
        .contains("/accounts/$U/deposits");
    assertThat(cellctl.run("routes").out()).containsPattern("0-511 +north-1 +north +OPEN +1 +yes");

    assertThat(cellctl.run(UP).out()).contains("all 3 processes run already");
    assertThat(cellctl.run("up", "--fresh", "--only", "zookeeper,mysql").exitCode()).isEqualTo(3);

    assertThat(cellctl.run("kill", "south-1.mysql").exitCode()).isZero();
    assertThat(stateOf("south-1.mysql")).isEqualTo("DEAD");
    CellctlRun.Result second = cellctl.run(UP);
    assertThat(second.exitCode()).as(second.err()).isZero();
    assertThat(second.out()).contains("2 processes run already; starting the other 1");
    assertThat(stateOf("south-1.mysql")).isEqualTo("UP");

    assertThat(cellctl.run("down").out()).contains("stopped 3 processes");
    assertThat(cellctl.run("status").out()).contains("NOT_RUNNING");
    Path uuid = cellctl.home().resolve("data/north-1.mysql/data/auto.cnf");
    String before = Files.readString(uuid);

    assertThat(cellctl.run(UP).exitCode()).isZero();
    assertThat(uuid).hasContent(before);
    cellctl.run("down");
    String[] fresh = java.util.Arrays.copyOf(UP, UP.length + 1);
    fresh[UP.length] = "--fresh";
    assertThat(cellctl.run(fresh).exitCode()).isZero();
    assertThat(Files.readString(uuid)).isNotEqualTo(before);
  }

  private String stateOf(String name) {
    for (JsonNode process : cellctl.run("status", "-o", "json").json().path("processes")) {
      if (process.path("name").asText().equals(name)) {
        return process.path("state").asText();
      }
    }
    return "absent";
  }
}
