package io.homecell.local;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The end of a log file, for a message about the process that wrote it. */
public final class LogTail {
  private static final int BYTES_MAX = 16_384;
  private static final int LINE_MAX = 400;

  private LogTail() {}

  /** The last lines of a log, or nothing if it can't be read. */
  public static List<String> of(Path log, int lines) {
    try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "r")) {
      long start = Math.max(0, file.length() - BYTES_MAX);
      byte[] bytes = new byte[(int) (file.length() - start)];
      file.seek(start);
      file.readFully(bytes);
      List<String> all =
          new String(bytes, StandardCharsets.UTF_8)
              .lines()
              .filter(line -> !line.isBlank())
              .map(LogTail::shortened)
              .toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    } catch (IOException unreadable) {
      return List.of();
    }
  }

  private static String shortened(String line) {
    return line.length() <= LINE_MAX ? line : line.substring(0, LINE_MAX) + "...";
  }

  /** The last lines as an indented block that names the file, ready to end a message with. */
  public static String describe(Path log, int lines) {
    List<String> tail = of(log, lines);
    return tail.isEmpty()
        ? "its log " + log + " is empty"
        : "the end of " + log + ":\n" + tail.stream().collect(Collectors.joining("\n  ", "  ", ""));
  }
}
