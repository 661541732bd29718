package io.homecell.cellctl.view;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every verdict of the command's own has a page that says what to do. */
class OwnVerdictTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @ParameterizedTest
  @EnumSource(OwnVerdict.class)
  void hasItsPageAndIsInTheIndex(OwnVerdict verdict) throws IOException {
    assertThat(Files.readString(ROOT.resolve(verdict.page())))
        .contains("`" + verdict + "`", "## Meaning", "## Mitigation");
    assertThat(Files.readString(ROOT.resolve("docs/failure-modes/README.md")))
        .contains("| `" + verdict + "` | ");
  }

  @ParameterizedTest
  @EnumSource(OwnVerdict.class)
  void isProvokedByATest(OwnVerdict verdict) throws IOException {
    assertThat(
            Files.readString(Path.of("src/test/java/io/homecell/cellctl/StatusCommandTest.java")))
        .containsPattern("\\b" + verdict + "\\b");
  }
}
