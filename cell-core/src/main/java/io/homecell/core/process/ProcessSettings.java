package io.homecell.core.process;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the environment tells a Homecell process. Every process reads the same names, so that an
 * init system, a container platform and {@code cellctl up} start them the same way.
 *
 * @param topology {@code HOMECELL_TOPOLOGY}: the topology file
 * @param datacenter {@code HOMECELL_DATACENTER}: where this process runs
 * @param cell {@code HOMECELL_CELL}: the cell it serves; needed by cell processes only
 * @param instance {@code HOMECELL_INSTANCE}: a name unique in the deployment, such as {@code
 *     north-1.account.1}
 * @param host {@code HOMECELL_HOST}: the address to bind and to announce; 127.0.0.1 if not set
 * @param port {@code HOMECELL_PORT}: the service port; 0, the default, takes a free one
 * @param adminPort {@code HOMECELL_ADMIN_PORT}: for /metrics, /health and the admin API; 0 takes a
 *     free one
 * @param data {@code HOMECELL_DATA}: a folder of its own for what must survive a restart
 * @param secrets {@code HOMECELL_SECRETS}: the file with the credentials, see {@link Secrets}
 */
public record ProcessSettings(
    Path topology,
    String datacenter,
    Optional<String> cell,
    String instance,
    String host,
    int port,
    int adminPort,
    Path data,
    Path secrets) {

  /**
   * Reads the environment.
   *
   * @throws IllegalArgumentException naming every missing or malformed variable
   */
  public static ProcessSettings fromEnvironment(Map<String, String> environment) {
    Reader reader = new Reader(environment);
    ProcessSettings settings =
        new ProcessSettings(
            Path.of(reader.required("HOMECELL_TOPOLOGY")),
            reader.required("HOMECELL_DATACENTER"),
            reader.optional("HOMECELL_CELL"),
            reader.required("HOMECELL_INSTANCE"),
            reader.optional("HOMECELL_HOST").orElse("127.0.0.1"),
            reader.port("HOMECELL_PORT"),
            reader.port("HOMECELL_ADMIN_PORT"),
            Path.of(reader.required("HOMECELL_DATA")),
            Path.of(reader.required("HOMECELL_SECRETS")));
    reader.throwIfProblems();
    return settings;
  }

  /** The cell, for a process that serves one. */
  public String requireCell() {
    return cell.orElseThrow(
        () -> new IllegalArgumentException("HOMECELL_CELL: not set (expected: a cell's name)"));
  }

  private static final class Reader {
    private final Map<String, String> environment;
    private final List<String> problems = new ArrayList<>();

    Reader(Map<String, String> environment) {
      this.environment = environment;
    }

    Optional<String> optional(String name) {
      return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }

    String required(String name) {
      return optional(name)
          .orElseGet(
              () -> {
                problems.add(name + ": not set");
                return "";
              });
    }

    int port(String name) {
      String text = optional(name).orElse("0");
      try {
        int port = Integer.parseInt(text);
        if (port >= 0 && port <= 65_535) {
          return port;
        }
      } catch (NumberFormatException notANumber) {
        // told below
      }
      problems.add(name + ": '" + text + "' (expected: 0 to 65535)");
      return 0;
    }

    void throwIfProblems() {
      if (!problems.isEmpty()) {
        throw new IllegalArgumentException(
            "the environment is not complete:\n  " + String.join("\n  ", problems));
      }
    }
  }
}
