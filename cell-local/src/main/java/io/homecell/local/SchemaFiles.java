package io.homecell.local;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.zip.ZipEntry;

/**
 * The schema files ({@code META-INF/homecell/schema.sql}) of the framework and of the services:
 * statements separated by a line that holds only a semicolon, each of them harmless when run again.
 */
public final class SchemaFiles {
  private static final String NAME = "META-INF/homecell/schema.sql";
  private static final String FRAMEWORK_DATABASE = "CREATE DATABASE IF NOT EXISTS homecell";

  private SchemaFiles() {}

  /** The texts of every schema file on the class path, the framework's first. */
  public static List<String> onClassPath() {
    List<String> texts = new ArrayList<>();
    try {
      for (URL url : Collections.list(SchemaFiles.class.getClassLoader().getResources(NAME))) {
        try (InputStream content = url.openStream()) {
          texts.add(new String(content.readAllBytes(), StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      throw new LocalStartException("the schema files can't be read: " + e.getMessage(), e);
    }
    return frameworkFirst(texts);
  }

  /**
   * The text of the schema file in a module's jar or classes folder; empty if it has none.
   *
   * @throws LocalStartException if it can't be read
   */
  public static Optional<String> of(Path jarOrFolder) {
    try {
      if (Files.isDirectory(jarOrFolder)) {
        Path file = jarOrFolder.resolve(NAME);
        return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
      }
      try (JarFile jar = new JarFile(jarOrFolder.toFile())) {
        ZipEntry entry = jar.getEntry(NAME);
        if (entry == null) {
          return Optional.empty();
        }
        try (InputStream content = jar.getInputStream(entry)) {
          return Optional.of(new String(content.readAllBytes(), StandardCharsets.UTF_8));
        }
      }
    } catch (IOException e) {
      throw new LocalStartException(
          "the schema in " + jarOrFolder + " can't be read: " + e.getMessage(), e);
    }
  }

  /** The texts of the schema files in these jars or folders, the framework's first. */
  static List<String> inOrder(Collection<Path> jarsOrFolders) {
    return frameworkFirst(jarsOrFolders.stream().flatMap(place -> of(place).stream()).toList());
  }

  /** The statements of a schema text, without those that are comments only. */
  public static List<String> statements(String text) {
    List<String> statements = new ArrayList<>();
    StringBuilder statement = new StringBuilder();
    for (String line : text.lines().toList()) {
      if (line.strip().equals(";")) {
        add(statements, statement);
      } else {
        statement.append(line).append('\n');
      }
    }
    add(statements, statement);
    return statements;
  }

  private static void add(List<String> statements, StringBuilder statement) {
    boolean says =
        statement
            .toString()
            .lines()
            .map(String::strip)
            .anyMatch(line -> !line.isEmpty() && !line.startsWith("--"));
    if (says) {
      statements.add(statement.toString());
    }
    statement.setLength(0);
  }

  private static List<String> frameworkFirst(List<String> texts) {
    List<String> sorted = new ArrayList<>(texts);
    sorted.sort(
        (a, b) -> Boolean.compare(b.contains(FRAMEWORK_DATABASE), a.contains(FRAMEWORK_DATABASE)));
    return List.copyOf(sorted);
  }
}
