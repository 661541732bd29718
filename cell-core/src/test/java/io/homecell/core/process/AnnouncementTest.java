package io.homecell.core.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnnouncementTest {
  @Test
  void isReadAsItWasWritten(@TempDir Path folder) throws Exception {
    Path data = folder.resolve("not/there/yet");
    assertThat(Announcement.read(data)).isEmpty();
    Announcement router =
        new Announcement(
            "router", "north", Optional.empty(), "north.router.1", 7, "127.0.0.1", 1, 2);
    router.write(data);
    assertThat(Announcement.read(data)).contains(router);
    Announcement cell =
        new Announcement(
            "account", "north", Optional.of("north-1"), "north-1.account.1", 8, "127.0.0.1", 3, 4);
    cell.write(data);
    assertThat(Announcement.read(data)).contains(cell);
    assertThat(Files.readString(data.resolve("ready.json")))
        .startsWith("{\"role\":\"account\",\"datacenter\":\"north\",\"cell\":\"north-1\",");
    try (var files = Files.list(data)) {
      assertThat(files).hasSize(1);
    }
  }
}
