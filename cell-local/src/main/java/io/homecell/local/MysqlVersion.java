package io.homecell.local;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version of a MySQL server program, as its {@code --version} prints it. */
record MysqlVersion(int major, int minor, int patch) {
  private static final Pattern VERSION = Pattern.compile("Ver (\\d+)\\.(\\d+)\\.(\\d+)");

  /** Reads the output of {@code mysqld --version}; empty for MariaDB or anything else. */
  static Optional<MysqlVersion> parse(String output) {
    Matcher matcher = VERSION.matcher(output);
    if (output.contains("MariaDB") || !matcher.find()) {
      return Optional.empty();
    }
    return Optional.of(
        new MysqlVersion(
            Integer.parseInt(matcher.group(1)),
            Integer.parseInt(matcher.group(2)),
            Integer.parseInt(matcher.group(3))));
  }

  /** 8.0.30 (the redo capacity option) to 8.4 (the last with mysql_native_password). */
  boolean isUsable() {
    return major == 8 && (minor > 0 || patch >= 30) && minor <= 4;
  }

  /** The options that keep mysql_native_password, which a Canal server needs. */
  String nativePasswordOption() {
    return minor == 0
        ? "--default-authentication-plugin=mysql_native_password"
        : "--mysql-native-password=ON";
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
