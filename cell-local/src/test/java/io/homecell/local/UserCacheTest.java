package io.homecell.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UserCacheTest {
  @TempDir private Path folder;

  @Test
  void anEntryIsMadeOnceHoweverManyWantIt() {
    UserCache cache = new UserCache(folder);
    AtomicInteger made = new AtomicInteger();
    CompletableFuture<?>[] wanted =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    CompletableFuture.runAsync(
                        () ->
                            cache.entry(
                                "e",
                                place -> {
                                  made.incrementAndGet();
                                  Files.writeString(place.resolve("f"), "x");
                                })))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(wanted).join();
    assertThat(made).hasValue(1);
    assertThat(folder.resolve("e/f")).hasContent("x");
  }

  @Test
  void anEntryThatFailedHalfWayIsNotThereAndIsMadeAnewLater() {
    UserCache cache = new UserCache(folder);
    assertThatThrownBy(
            () ->
                cache.entry(
                    "e",
                    place -> {
                      Files.writeString(place.resolve("half"), "x");
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(LocalStartException.class)
        .hasMessageContaining("No space left on device")
        .hasMessageContaining(folder.resolve("e").toString());
    assertThat(cache.has("e")).isFalse();
    Path made = cache.entry("e", place -> Files.writeString(place.resolve("whole"), "y"));
    assertThat(made.resolve("half")).doesNotExist();
    assertThat(made.resolve("whole")).hasContent("y");
  }

  @Test
  void itIsWhereTheUserWantsIt() {
    assertThat(UserCache.ofUser(Map.of("XDG_CACHE_HOME", "/c")).root())
        .isEqualTo(Path.of("/c/homecell"));
    assertThat(UserCache.ofUser(Map.of()).root())
        .isEqualTo(Path.of(System.getProperty("user.home"), ".cache", "homecell"));
  }
}
