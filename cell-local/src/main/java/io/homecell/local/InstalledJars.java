package io.homecell.local;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The project's own jars, copied into the deployment's folder before anything is started from them:
 * a build writes jars in place, and a JVM that runs from a jar that is written anew can't load
 * another class. One folder for each state of the jars, named by a digest of it.
 */
final class InstalledJars {
  private static final int NAME_LENGTH = 12;

  private final ProjectTree tree;
  private final Path folder;

  private InstalledJars(ProjectTree tree, Path folder) {
    this.tree = tree;
    this.folder = folder;
  }

  /**
   * Copies the jars that the processes of these roles need, unless this state of them is there.
   *
   * @throws LocalStartException if a module is not built or the folder can't be written
   */
  static InstalledJars install(ProjectTree tree, Set<PartRole> roles, Path home) {
    Set<String> modules = new TreeSet<>(Set.of("cell-local"));
    roles.forEach(role -> role.module().ifPresent(modules::add));
    Set<Path> jars = new TreeSet<>();
    for (String module : modules) {
      tree.classPath(module).stream().filter(jar -> jar.startsWith(tree.root())).forEach(jars::add);
    }
    Path lib = home.resolve("lib");
    try {
      Path folder = lib.resolve(digest(jars));
      if (!Files.isDirectory(folder)) {
        Path half = lib.resolve(folder.getFileName() + ".making");
        UserCache.delete(half);
        Files.createDirectories(half);
        for (Path jar : jars) {
          Files.copy(jar, half.resolve(jar.getFileName()));
        }
        Files.move(half, folder, StandardCopyOption.ATOMIC_MOVE);
      }
      return new InstalledJars(tree, folder);
    } catch (IOException e) {
      throw new LocalStartException("the folder " + lib + " can't be filled: " + e, e);
    }
  }

  /** The class path of a module's process. */
  String classPath(String module) {
    return tree.classPath(module).stream()
        .map(jar -> jar.startsWith(tree.root()) ? folder.resolve(jar.getFileName()) : jar)
        .map(Path::toString)
        .collect(Collectors.joining(File.pathSeparator));
  }

  /** The schema files of the framework and of the services that run, the framework's first. */
  List<String> schemas(Set<PartRole> roles) {
    return SchemaFiles.inOrder(
        roles.stream()
            .flatMap(role -> role.module().stream())
            .map(module -> folder.resolve(module + ".jar"))
            .collect(
                Collectors.toCollection(
                    () -> new TreeSet<>(List.of(folder.resolve("cell-core.jar"))))));
  }

  private static String digest(Set<Path> jars) throws IOException {
    StringBuilder state = new StringBuilder();
    for (Path jar : jars) {
      state
          .append(jar)
          .append(' ')
          .append(Files.size(jar))
          .append(' ')
          .append(Files.getLastModifiedTime(jar))
          .append('\n');
    }
    try {
      byte[] sum =
          MessageDigest.getInstance("SHA-256")
              .digest(state.toString().getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(sum).substring(0, NAME_LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
