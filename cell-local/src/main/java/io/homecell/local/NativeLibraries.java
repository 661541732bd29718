package io.homecell.local;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Shared libraries that the bundled MySQL needs and that the machine may lack or call by another
 * name: {@code libaio.so.1} is {@code libaio.so.1t64} since Debian 13 and Ubuntu 24.04. What is
 * missing is linked, or else fetched from the distribution's packages into the user's cache,
 * without root rights.
 */
final class NativeLibraries {
  private static final Pattern MISSING =
      Pattern.compile("error while loading shared libraries: (\\S+): cannot open shared object");
  private static final Map<String, List<String>> PACKAGES =
      Map.of(
          "libaio.so.1", List.of("libaio1t64", "libaio1"),
          "libnuma.so.1", List.of("libnuma1"));
  private static final int LIBRARIES_MAX = 4;

  private final UserCache cache;
  private final List<Path> systemFolders;

  NativeLibraries(UserCache cache) {
    this(cache, systemFolders());
  }

  NativeLibraries(UserCache cache, List<Path> systemFolders) {
    this.cache = cache;
    this.systemFolders = systemFolders;
  }

  /**
   * The environment in which a program finds its libraries; empty if it finds them by itself.
   *
   * @throws LocalStartException naming the library and the package to install
   */
  Map<String, String> environmentOf(Path program) {
    Set<Path> folders = new LinkedHashSet<>();
    for (int tried = 0; tried < LIBRARIES_MAX; tried++) {
      Map<String, String> environment = environment(folders);
      Optional<String> missing = missing(MysqlDistribution.versionOutput(program, environment));
      if (missing.isEmpty() || !folders.add(provide(missing.get()))) {
        return environment;
      }
    }
    return environment(folders);
  }

  static Optional<String> missing(String output) {
    Matcher matcher = MISSING.matcher(output);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static Map<String, String> environment(Set<Path> folders) {
    if (folders.isEmpty()) {
      return Map.of();
    }
    String inherited = System.getenv().getOrDefault("LD_LIBRARY_PATH", "");
    String ours = String.join(":", folders.stream().map(Path::toString).toList());
    return Map.of("LD_LIBRARY_PATH", inherited.isBlank() ? ours : ours + ":" + inherited);
  }

  /** A folder that holds this library. */
  Path provide(String library) {
    return cache.entry(
        "lib-" + library,
        folder -> {
          Optional<Path> source = renamed(library);
          if (source.isPresent()) {
            Files.createSymbolicLink(folder.resolve(library), source.get());
            return;
          }
          Path fetched = fetched(library, folder);
          Files.createSymbolicLink(folder.resolve(library), folder.relativize(fetched));
        });
  }

  private Optional<Path> renamed(String library) {
    return systemFolders.stream()
        .map(folder -> folder.resolve(library + "t64"))
        .filter(Files::exists)
        .findFirst();
  }

  private static Path fetched(String library, Path folder) throws IOException {
    List<String> packages = PACKAGES.getOrDefault(library, List.of());
    for (String name : packages) {
      Programs.output(folder.toFile(), Map.of(), "apt-get", "download", name);
      for (Path archive : files(folder, ".deb")) {
        Programs.output(
            folder.toFile(), Map.of(), "dpkg", "-x", archive.toString(), folder.toString());
        Files.delete(archive);
      }
      for (Path file : files(folder, "")) {
        String found = file.getFileName().toString();
        if (found.equals(library) || found.equals(library + "t64")) {
          return file;
        }
      }
    }
    throw new LocalStartException(
        "the bundled MySQL needs "
            + library
            + ", which this machine lacks. Install it ("
            + (packages.isEmpty()
                ? "package unknown"
                : "Debian, Ubuntu: apt-get install "
                    + String.join(" or ", packages)
                    + "; Fedora: dnf install "
                    + library.substring(0, library.indexOf('.')))
            + "), or install MySQL 8.0 and name its mysqld with --mysqld PATH.");
  }

  private static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).toList();
    }
  }

  private static List<Path> systemFolders() {
    String triplet =
        System.getProperty("os.arch").equals("aarch64") ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
    return Stream.of("/lib/" + triplet, "/usr/lib/" + triplet, "/lib64", "/usr/lib64", "/usr/lib")
        .map(Path::of)
        .toList();
  }
}
