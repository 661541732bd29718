package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogTailTest {
  @TempDir private Path folder;

  @Test
  void theLastLinesAreTakenAndTooLongOnesCut() throws IOException {
    Path log = folder.resolve("log");
    Files.writeString(log, "one\n\ntwo\n" + "x".repeat(1_000) + "\nfour\n");
    assertThat(LogTail.of(log, 3)).containsExactly("two", "x".repeat(400) + "...", "four");
  }

  @Test
  void aHugeLogIsNotReadWhole() throws IOException {
    Path log = folder.resolve("log");
    Files.writeString(log, "y".repeat(5_000_000) + "\nlast\n");
    assertThat(LogTail.of(log, 1)).containsExactly("last");
  }

  @Test
  void noLogIsSaidToBeEmpty() {
    assertThat(LogTail.describe(folder.resolve("none"), 3)).endsWith("none is empty");
  }
}
