package io.homecell.local;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A MySQL server program to run, and what it needs around it.
 *
 * @param mysqld the program
 * @param baseDir its installation, if it is not in the place that it was compiled for
 * @param environment what its processes need beside ours
 * @param templates where initialised data folders of this version are kept
 */
public record MysqlDistribution(
    Path mysqld,
    Optional<Path> baseDir,
    Map<String, String> environment,
    MysqlVersion version,
    Optional<UserCache> templates) {

  /** The option's value that asks for the bundled server although there is one on the PATH. */
  public static final String BUNDLED = "bundled";

  /**
   * Finds a server: the one named, or one on the PATH, or else the bundled one, unpacked once into
   * the user's cache.
   *
   * @param option a program, or {@link #BUNDLED}
   * @throws LocalStartException if the one named can't be used, or none can be had; says what to do
   */
  public static MysqlDistribution locate(Optional<Path> option) {
    return locate(option, System.getenv());
  }

  static MysqlDistribution locate(Optional<Path> option, Map<String, String> environment) {
    UserCache cache = UserCache.ofUser(environment);
    if (option.isPresent() && !option.get().toString().equals(BUNDLED)) {
      return named(option.get());
    }
    if (option.isEmpty()) {
      Optional<MysqlDistribution> installed = onPath(environment.getOrDefault("PATH", ""));
      if (installed.isPresent()) {
        return installed.get();
      }
    }
    return new BundledMysql(cache).unpacked();
  }

  private static MysqlDistribution named(Path mysqld) {
    if (!Files.isExecutable(mysqld)) {
      throw new LocalStartException("mysqld: " + mysqld + " (expected: a program)");
    }
    String output = versionOutput(mysqld, Map.of());
    return MysqlVersion.parse(output)
        .filter(MysqlVersion::isUsable)
        .map(version -> external(mysqld, version))
        .orElseThrow(
            () ->
                new LocalStartException(
                    "mysqld: "
                        + mysqld
                        + " is '"
                        + output.strip()
                        + "' (expected: MySQL 8.0.30 to 8.4)"));
  }

  private static Optional<MysqlDistribution> onPath(String path) {
    for (String folder : path.split(File.pathSeparator, -1)) {
      Path mysqld = Path.of(folder, "mysqld");
      if (!folder.isBlank() && Files.isExecutable(mysqld)) {
        return MysqlVersion.parse(versionOutput(mysqld, Map.of()))
            .filter(MysqlVersion::isUsable)
            .map(version -> external(mysqld, version));
      }
    }
    return Optional.empty();
  }

  private static MysqlDistribution external(Path mysqld, MysqlVersion version) {
    return new MysqlDistribution(
        mysqld.toAbsolutePath(), Optional.empty(), Map.of(), version, Optional.empty());
  }

  /** What {@code mysqld --version} prints, on either stream. */
  static String versionOutput(Path mysqld, Map<String, String> environment) {
    return Programs.output(
        Map.copyOf(environment), mysqld.toString(), "--no-defaults", "--version");
  }

  /**
   * Fills an empty folder with an initialised server without any data, root without a password.
   *
   * @throws LocalStartException with what the server said
   */
  void initialise(Path dataDir) {
    try {
      if (templates.isPresent()) {
        Path template =
            templates.get().entry("mysql-" + version + "-empty", this::initialiseByServer);
        UserCache.copy(template, dataDir);
        // Two servers with one identity would take each other's transactions for their own.
        Files.deleteIfExists(dataDir.resolve("auto.cnf"));
      } else {
        initialiseByServer(dataDir);
      }
    } catch (IOException e) {
      throw new LocalStartException(
          "the data folder " + dataDir + " can't be filled: " + e.getMessage(), e);
    }
  }

  private void initialiseByServer(Path dataDir) throws IOException {
    String output =
        Programs.output(
            environment,
            MysqlCommand.initialise(this, dataDir.toAbsolutePath()).toArray(String[]::new));
    if (!Files.exists(dataDir.resolve("mysql.ibd")) || output.contains("[ERROR]")) {
      throw new LocalStartException(
          mysqld + " could not initialise " + dataDir + ":\n" + output.strip());
    }
  }
}
