package io.homecell.core.topology;

import io.homecell.core.topology.YamlValue.Position;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * Reads {@code topology.yaml} and validates it as a whole: what it returns is usable, and what it
 * refuses it refuses with every problem at once, each with file, line, column, path, what is wrong
 * and what is allowed. Stateless.
 */
public final class TopologyFile {
  private TopologyFile() {}

  /**
   * Reads and validates a file.
   *
   * @throws TopologyException with every problem found, each with line and column; also if the file
   *     can't be read
   */
  public static Topology read(Path file) {
    String yaml;
    try {
      yaml = Files.readString(file);
    } catch (IOException e) {
      Problems problems = new Problems(file.toString());
      problems.add(Position.START, Cursor.ROOT, "can't be read: " + reason(e));
      problems.throwIfAny();
      throw new UncheckedIOException(e);
    }
    return parse(file.toString(), yaml);
  }

  /**
   * Parses and validates a text.
   *
   * @param name what to call the source in messages, usually the file's name
   * @throws TopologyException with every problem found, each with line and column
   */
  public static Topology parse(String name, String yaml) {
    Problems problems = new Problems(name);
    Optional<Cursor> root = YamlParser.parse(yaml, problems).map(Cursor::root);
    root.ifPresent(
        document -> {
          new TopologyChecks(document, problems).run();
          TopologySchema.load().check(document, problems);
        });
    problems.throwIfAny();
    return TopologyMapper.map(root.orElseThrow());
  }

  /** The JSON Schema of the file, for an editor. */
  public static String schema() {
    try (InputStream in = TopologyFile.class.getResourceAsStream(TopologySchema.RESOURCE)) {
      return new String(
          Objects.requireNonNull(in, TopologySchema.RESOURCE).readAllBytes(),
          StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(TopologySchema.RESOURCE, e);
    }
  }

  private static String reason(IOException e) {
    if (e instanceof NoSuchFileException) {
      return "no such file";
    }
    return e instanceof CharacterCodingException ? "not UTF-8" : e.toString();
  }
}
