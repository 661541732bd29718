package io.homecell.local;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** One process at a time starts or stops parts of a local deployment. Released by its death too. */
public final class DeploymentLock implements AutoCloseable {
  private final FileChannel channel;

  private DeploymentLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock of a deployment's folder.
   *
   * @throws LocalStartException at once if another process has it, or if the folder can't be
   *     written
   */
  public static DeploymentLock take(Path home) {
    Path file = home.resolve("lock");
    try {
      Files.createDirectories(home);
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (tryLock(channel) == null) {
        channel.close();
        throw new LocalStartException(
            "another cellctl is starting or stopping the deployment in " + home + "; wait for it");
      }
      return new DeploymentLock(channel);
    } catch (IOException e) {
      throw new LocalStartException(
          "the deployment's folder "
              + home
              + " can't be written: "
              + e
              + " (--data DIR or HOMECELL_HOME_DATA names another)",
          e);
    }
  }

  /** Whether somebody is starting or stopping parts of the deployment now. */
  public static boolean isTaken(Path home) {
    try (FileChannel channel =
        FileChannel.open(
            home.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      return tryLock(channel) == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException heldByThisProcess) {
      return null;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException released) {
      // the lock goes with the channel, whatever else failed
    }
  }
}
