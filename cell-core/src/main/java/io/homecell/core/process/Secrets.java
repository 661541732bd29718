package io.homecell.core.process;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/**
 * Credentials, one database user for each task, in a properties file readable by its owner only:
 * {@code mysql.application.user}, {@code mysql.application.password}, and the same for {@code
 * replication}, {@code keeper} and {@code admin}; and {@code edge.hop}, which the routers share.
 * Never logged.
 */
public final class Secrets {
  /** The tasks that have a database user of their own, each with least rights. */
  public enum Role {
    /** Reads and writes application tables, and only through the fence's commit step. */
    APPLICATION,
    /** Captures the binlog and applies other cells' transactions. */
    REPLICATION,
    /** Renews the cell's lease. */
    KEEPER,
    /** Changes fence rows: the coordinator's. */
    ADMIN;

    String key() {
      return "mysql." + name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /** A user and its password. */
  public record Credentials(String user, String password) {
    @Override
    public String toString() {
      return "Credentials(" + user + ")";
    }
  }

  private final Path file;
  private final Properties properties;

  private Secrets(Path file, Properties properties) {
    this.file = file;
    this.properties = properties;
  }

  /**
   * Reads a secrets file.
   *
   * @throws UncheckedIOException if it can't be read
   */
  public static Secrets read(Path file) {
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      properties.load(reader);
    } catch (IOException e) {
      throw new UncheckedIOException("secrets file " + file + " can't be read", e);
    }
    return new Secrets(file, properties);
  }

  /**
   * The credentials of a task.
   *
   * @throws IllegalArgumentException if the file lacks them
   */
  public Credentials of(Role role) {
    return new Credentials(property(role.key() + ".user"), property(role.key() + ".password"));
  }

  /**
   * The secret that the routers of all datacenters share: it proves that a request was forwarded by
   * one of them.
   *
   * @throws IllegalArgumentException if the file lacks it
   */
  public String edgeHop() {
    return property("edge.hop");
  }

  private String property(String key) {
    String value = properties.getProperty(key);
    if (value == null) {
      throw new IllegalArgumentException(file + " lacks " + key);
    }
    return value;
  }
}
