package io.homecell.core.route;

import io.homecell.core.slot.Slots;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest route table on this process's own disk, for a start while ZooKeeper is away. Replaced
 * whole or not at all. A copy that can't be used is ignored, loudly: routing by a broken table
 * would be worse than waiting for a good one.
 */
final class LastGoodCopy {
  private static final Logger log = LoggerFactory.getLogger(LastGoodCopy.class);

  private final Path file;
  private final Slots slots;

  LastGoodCopy(Path file, Slots slots) {
    this.file = file;
    this.slots = slots;
  }

  Optional<RouteTable> read() {
    try {
      RouteTable table = RouteTableJson.read(Files.readString(file, StandardCharsets.UTF_8));
      if (!table.slots().equals(slots)) {
        throw new IllegalArgumentException(
            "slots: " + table.slots().count() + " (expected: " + slots.count() + ")");
      }
      return Optional.of(table);
    } catch (NoSuchFileException none) {
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      log.error("routes: the copy {} is ignored: {}", file, e.getMessage());
      return Optional.empty();
    }
  }

  /** Writes a table; a failure is logged only, since routing does not need the copy. */
  void write(RouteTable table) {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        ByteBuffer bytes =
            ByteBuffer.wrap((RouteTableJson.write(table) + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        // Without it a crash of the host may leave a renamed but empty file.
        channel.force(true);
      }
      Files.move(
          temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      log.error("routes: the copy {} can't be written: {}", file, e.toString());
    }
  }
}
