package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MysqlDistributionTest {
  @TempDir private Path folder;

  private Path mysqldThatSays(String version) throws IOException {
    Path program = folder.resolve("mysqld");
    Files.writeString(program, "#!/bin/sh\necho '" + version + "'\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    return program;
  }

  @ParameterizedTest
  @CsvSource({
    "8.0.29, false",
    "8.0.30, true",
    "8.0.43, true",
    "8.4.6, true",
    "9.1.0, false",
    "5.7.44, false"
  })
  void versionsFromTheRedoCapacityToTheLastWithNativePasswordsAreUsable(
      String version, boolean usable) {
    assertThat(MysqlVersion.parse("mysqld  Ver " + version + " for Linux").orElseThrow().isUsable())
        .isEqualTo(usable);
  }

  @Test
  void aServerOnThePathIsPreferred() throws IOException {
    Path mysqld = mysqldThatSays("mysqld  Ver 8.0.36 for Linux on x86_64");
    MysqlDistribution found =
        MysqlDistribution.locate(Optional.empty(), Map.of("PATH", "/nowhere:" + folder));
    assertThat(found.mysqld()).isEqualTo(mysqld);
    assertThat(found.baseDir()).isEmpty();
  }

  @Test
  void aNamedServerThatCannotBeUsedIsRefusedWithWhatItIs() throws IOException {
    Path mysqld = mysqldThatSays("mysqld  Ver 10.11.6-MariaDB-0+deb12u1");
    assertThatThrownBy(() -> MysqlDistribution.locate(Optional.of(mysqld)))
        .isInstanceOf(LocalStartException.class)
        .hasMessageContaining("10.11.6-MariaDB")
        .hasMessageContaining("expected: MySQL 8.0.30 to 8.4");
  }

  @Test
  void aNamedServerThatDoesNotExistIsRefused() {
    assertThatThrownBy(() -> MysqlDistribution.locate(Optional.of(folder.resolve("none"))))
        .isInstanceOf(LocalStartException.class)
        .hasMessageContaining("expected: a program");
  }
}
