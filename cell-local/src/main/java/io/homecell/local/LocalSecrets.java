package io.homecell.local;

import io.homecell.core.process.Secrets;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;

/** The credentials of a local deployment: random, made once, readable by their owner only. */
public final class LocalSecrets {
  private static final int PASSWORD_BYTES = 16;
  private static final SecureRandom RANDOM = new SecureRandom();

  private LocalSecrets() {}

  /**
   * Makes the secrets file if it does not exist; adds what a newer version needs to one that does.
   *
   * @return the credentials in it, by role
   * @throws IOException if it can't be written
   */
  public static Map<Role, Credentials> ensure(Path file) throws IOException {
    String before = Files.exists(file) ? Files.readString(file) : "# Local; keep private.\n";
    StringBuilder text = new StringBuilder(before);
    for (Role role : Role.values()) {
      String key = "mysql." + role.name().toLowerCase(Locale.ROOT);
      add(text, key + ".user", "hc_" + role.name().toLowerCase(Locale.ROOT));
      add(text, key + ".password", randomPassword());
    }
    add(text, "edge.hop", randomPassword());
    if (!text.toString().equals(before) || !Files.exists(file)) {
      write(file, text.toString());
    }
    return read(file);
  }

  private static void add(StringBuilder text, String key, String value) {
    if (text.indexOf("\n" + key + "=") < 0) {
      text.append(key).append('=').append(value).append('\n');
    }
  }

  private static void write(Path file, String text) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path half = file.resolveSibling(file.getFileName() + ".making");
    Files.deleteIfExists(half);
    Files.createFile(
        half, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(half, text);
    Files.move(half, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static Map<Role, Credentials> read(Path file) {
    Secrets secrets = Secrets.read(file);
    Map<Role, Credentials> credentials = new EnumMap<>(Role.class);
    for (Role role : Role.values()) {
      credentials.put(role, secrets.of(role));
    }
    return credentials;
  }

  static String randomPassword() {
    byte[] bytes = new byte[PASSWORD_BYTES];
    RANDOM.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
