package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibrariesTest {
  @TempDir private Path folder;

  @Test
  void theLoadersMessageNamesTheLibrary() {
    assertThat(
            NativeLibraries.missing(
                "mysqld: error while loading shared libraries: libaio.so.1: cannot open shared"
                    + " object file: No such file or directory"))
        .contains("libaio.so.1");
    assertThat(NativeLibraries.missing("mysqld  Ver 8.0.33")).isEmpty();
  }

  @Test
  void aLibraryThatTheSystemRenamedIsLinkedUnderItsOldName() throws IOException {
    Path system = Files.createDirectories(folder.resolve("system"));
    Path renamed = Files.writeString(system.resolve("libaio.so.1t64"), "elf");
    NativeLibraries libraries =
        new NativeLibraries(new UserCache(folder.resolve("cache")), List.of(system));
    Path provided = libraries.provide("libaio.so.1");
    assertThat(provided.resolve("libaio.so.1")).isSymbolicLink().hasContent("elf");
    assertThat(Files.readSymbolicLink(provided.resolve("libaio.so.1"))).isEqualTo(renamed);
  }

  @Test
  void aProgramThatFindsItsLibrariesNeedsNoEnvironment() throws IOException {
    assertThat(libraries().environmentOf(script("echo mysqld Ver 8.0.33"))).isEmpty();
  }

  @Test
  void aProgramGetsTheFolderOfWhatItLacks() throws IOException {
    Path system = Files.createDirectories(folder.resolve("system"));
    Files.writeString(system.resolve("libaio.so.1t64"), "elf");
    NativeLibraries libraries =
        new NativeLibraries(new UserCache(folder.resolve("cache")), List.of(system));
    Path program =
        script(
            "case \"$LD_LIBRARY_PATH\" in *libaio*) echo fine;; *) echo 'x: error while loading"
                + " shared libraries: libaio.so.1: cannot open shared object file';; esac");
    assertThat(libraries.environmentOf(program))
        .containsOnlyKeys("LD_LIBRARY_PATH")
        .hasEntrySatisfying(
            "LD_LIBRARY_PATH",
            path ->
                assertThat(path).startsWith(folder.resolve("cache/lib-libaio.so.1").toString()));
  }

  @Test
  void aLibraryThatNobodyHasIsNamed() throws IOException {
    Path program =
        script(
            "echo 'x: error while loading shared libraries: libnobody.so.9: cannot open shared"
                + " object file'");
    assertThatThrownBy(() -> libraries().environmentOf(program))
        .isInstanceOf(LocalStartException.class)
        .hasMessageContaining("libnobody.so.9")
        .hasMessageContaining("--mysqld");
    assertThat(folder.resolve("cache/lib-libnobody.so.9")).doesNotExist();
  }

  private NativeLibraries libraries() {
    return new NativeLibraries(new UserCache(folder.resolve("cache")), List.of());
  }

  private Path script(String body) throws IOException {
    Path program = Files.writeString(folder.resolve("program"), "#!/bin/sh\n" + body + "\n");
    assertThat(program.toFile().setExecutable(true)).isTrue();
    return program;
  }
}
