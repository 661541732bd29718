package io.homecell.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;

/**
 * The user's cache folder: what is made once on a machine and used by every deployment on it.
 *
 * <p>Invariant: an entry that exists is complete. It is made beside its place under a lock file and
 * moved there in one step, so processes that want the same entry at the same time, or one that was
 * killed half way, do no harm.
 */
public final class UserCache {
  /** Fills an entry's folder. */
  @FunctionalInterface
  interface Maker {
    void make(Path folder) throws IOException;
  }

  private final Path root;

  UserCache(Path root) {
    this.root = root;
  }

  /** {@code homecell} in {@code XDG_CACHE_HOME}, or in {@code ~/.cache} if that is not set. */
  public static UserCache ofUser(Map<String, String> environment) {
    String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
    Path base =
        xdg.isBlank() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(xdg.strip());
    return new UserCache(base.resolve("homecell"));
  }

  Path root() {
    return root;
  }

  Path path(String entry) {
    return root.resolve(entry);
  }

  boolean has(String entry) {
    return Files.isDirectory(path(entry));
  }

  /**
   * The folder of an entry, made now if it is not there.
   *
   * @throws LocalStartException if it can't be made: no room, no right to write
   */
  Path entry(String entry, Maker maker) {
    Path place = path(entry);
    if (Files.isDirectory(place)) {
      return place;
    }
    // One lock for the threads of this process: a file lock is held by a process, not by a thread.
    synchronized (UserCache.class) {
      try {
        Files.createDirectories(root);
        try (FileChannel channel =
                FileChannel.open(
                    root.resolve(entry + ".lock"),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE);
            FileLock lock = channel.lock()) {
          if (lock.isValid() && !Files.isDirectory(place)) {
            Path half = root.resolve(entry + ".making");
            delete(half);
            Files.createDirectories(half);
            maker.make(half);
            Files.move(half, place, StandardCopyOption.ATOMIC_MOVE);
          }
        }
      } catch (IOException e) {
        throw new LocalStartException(
            "the cache folder "
                + place
                + " can't be made: "
                + e
                + " (expected: room for 300 MB and the right to write; XDG_CACHE_HOME moves it)",
            e);
      }
    }
    return place;
  }

  /** Deletes a folder with everything in it; nothing happens if it does not exist. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path visited, java.io.IOException failure)
              throws IOException {
            Files.delete(visited);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Copies a folder with everything in it. */
  static void copy(Path from, Path to) throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectories(to.resolve(from.relativize(folder).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.copy(
                file,
                to.resolve(from.relativize(file).toString()),
                StandardCopyOption.COPY_ATTRIBUTES,
                StandardCopyOption.REPLACE_EXISTING);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
