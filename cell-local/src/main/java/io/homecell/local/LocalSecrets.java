package io.homecell.local;

import io.homecell.core.process.Secrets;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
   * Makes the secrets file if it does not exist.
   *
   * @return the credentials in it, by role
   * @throws IOException if it can't be written
   */
  public static Map<Role, Credentials> ensure(Path file) throws IOException {
    if (!Files.exists(file)) {
      StringBuilder text = new StringBuilder("# Made for this local deployment; keep private.\n");
      for (Role role : Role.values()) {
        String key = role.name().toLowerCase(Locale.ROOT);
        text.append("mysql.").append(key).append(".user=hc_").append(key).append('\n');
        text.append("mysql.").append(key).append(".password=").append(randomPassword());
        text.append('\n');
      }
      Files.createDirectories(file.toAbsolutePath().getParent());
      Path half = file.resolveSibling(file.getFileName() + ".making");
      Files.deleteIfExists(half);
      Files.createFile(
          half, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(half, text);
      Files.move(half, file);
    }
    return read(file);
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
