package io.homecell.local;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/** The built project that a local deployment runs from. */
public final class ProjectTree {
  private final Path root;

  private ProjectTree(Path root) {
    this.root = root;
  }

  /**
   * The tree at this folder.
   *
   * @throws LocalStartException if it is not the project's root
   */
  public static ProjectTree at(Path root) {
    if (!isRoot(root)) {
      throw new LocalStartException(root + " is not the root of the Homecell project");
    }
    return new ProjectTree(root.toAbsolutePath().normalize());
  }

  /**
   * The tree that the system property {@code homecell.root} names, or else the one around the
   * working folder.
   *
   * @throws LocalStartException if there is none
   */
  public static ProjectTree find() {
    String named = System.getProperty("homecell.root", "");
    if (!named.isBlank()) {
      return at(Path.of(named));
    }
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (isRoot(folder)) {
        return at(folder);
      }
    }
    throw new LocalStartException(
        Path.of("").toAbsolutePath() + " is not inside the Homecell project");
  }

  private static boolean isRoot(Path folder) {
    return Files.exists(folder.resolve("mvnw")) && Files.isDirectory(folder.resolve("cell-local"));
  }

  public Path root() {
    return root;
  }

  /** The modules of these roles that have not been built. */
  List<String> notBuilt(List<PartRole> roles) {
    List<String> missing = new ArrayList<>();
    for (PartRole role : roles) {
      role.module()
          .filter(module -> !Files.exists(jar(module)) || !Files.exists(runtimeClassPath(module)))
          .ifPresent(missing::add);
    }
    return missing.stream().distinct().toList();
  }

  /**
   * The class path of a module's process, its own jar first.
   *
   * @throws LocalStartException if the module is not built
   */
  List<Path> classPath(String module) {
    List<Path> entries = new ArrayList<>();
    entries.add(jar(module));
    try {
      String dependencies = Files.readString(runtimeClassPath(module)).strip();
      for (String entry : dependencies.split(File.pathSeparator, -1)) {
        entries.add(Path.of(entry));
      }
    } catch (IOException e) {
      throw new LocalStartException(
          "module " + module + " is not built: run ./mvnw -DskipTests package", e);
    }
    return entries;
  }

  /** The main class of a module's process. */
  String mainClass(String module) {
    Path file = root.resolve(module).resolve("src/process.properties");
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    } catch (IOException e) {
      throw new LocalStartException(file + " can't be read: " + e, e);
    }
    return Optional.ofNullable(properties.getProperty("main"))
        .orElseThrow(() -> new LocalStartException(file + " lacks main"));
  }

  private Path jar(String module) {
    return root.resolve(module).resolve("target").resolve(module + ".jar");
  }

  private Path runtimeClassPath(String module) {
    return root.resolve(module).resolve("target/runtime.classpath");
  }
}
