package io.homecell.local;

import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.process.Secrets.Role;
import io.homecell.core.topology.Service;
import io.homecell.core.topology.Topology;
import java.util.ArrayList;
import java.util.List;

/** The database users of a cell: one for each task, each with least rights. */
final class CellGrants {
  private static final String WRITE = "SELECT, INSERT, UPDATE, DELETE";

  /** Schema changes that are carried over; no views, routines or users. */
  private static final String CHANGE = "CREATE, ALTER, DROP, INDEX, REFERENCES";

  private CellGrants() {}

  /**
   * The statements that make a role's user in a cell, or bring one that exists up to date: a cell
   * that is no longer the center of a copy service loses the right to write it.
   */
  static List<String> statements(
      Role role, Credentials credentials, Topology topology, String cell) {
    String user = "'" + quoted(credentials.user()) + "'@'%'";
    // Canal's client knows no newer kind of authentication.
    String identified =
        " IDENTIFIED WITH mysql_native_password BY '" + quoted(credentials.password()) + "'";
    List<String> statements = new ArrayList<>();
    statements.add("CREATE USER IF NOT EXISTS " + user + identified);
    statements.add("ALTER USER " + user + identified);
    grants(role).forEach(grant -> statements.add("GRANT " + grant + " TO " + user));
    for (Service.Copy copy : topology.copies()) {
      boolean center = topology.centerOf(copy).name().equals(cell);
      String on = " ON `" + copy.name() + "`.*";
      copyGrants(role, center)
          .forEach(grant -> statements.add("GRANT " + grant + on + " TO " + user));
      if (role == Role.APPLICATION && !center) {
        // behind the GRANT: REVOKE is an error for a user who has no right at all on the schema
        statements.add("REVOKE INSERT, UPDATE, DELETE" + on + " FROM " + user);
      }
    }
    return statements;
  }

  private static List<String> copyGrants(Role role, boolean center) {
    return switch (role) {
      case APPLICATION -> List.of(center ? WRITE : "SELECT");
      case REPLICATION -> List.of(WRITE + ", " + CHANGE);
      case ADMIN -> List.of("SELECT");
      case KEEPER -> List.of();
    };
  }

  private static List<String> grants(Role role) {
    return switch (role) {
      case APPLICATION ->
          List.of(
              WRITE + " ON account.*",
              WRITE + " ON trade.*",
              "SELECT, EXECUTE ON homecell.*",
              "SELECT, INSERT, UPDATE ON homecell.hc_job");
      case REPLICATION ->
          List.of(
              "REPLICATION SLAVE, REPLICATION CLIENT, RELOAD, SHOW DATABASES ON *.*",
              // names whose session or which full disk holds up the target
              "PROCESS ON *.*",
              "SELECT ON performance_schema.*",
              "REPLICATION_APPLIER, SESSION_VARIABLES_ADMIN ON *.*",
              WRITE + ", " + CHANGE + " ON account.*",
              WRITE + ", " + CHANGE + " ON trade.*",
              WRITE + " ON homecell.*",
              "EXECUTE ON PROCEDURE homecell.hc_load_position");
      case KEEPER ->
          List.of(
              "SESSION_VARIABLES_ADMIN ON *.*",
              "SELECT, EXECUTE ON homecell.*",
              "SELECT, UPDATE ON homecell.hc_lease",
              "SELECT, INSERT, UPDATE ON homecell.hc_epoch");
      case ADMIN ->
          List.of(
              // PROCESS: how many connections the services have.
              "REPLICATION CLIENT, PROCESS ON *.*",
              WRITE + " ON homecell.*",
              "SELECT ON account.*",
              "SELECT ON trade.*");
    };
  }

  private static String quoted(String text) {
    return text.replace("\\", "\\\\").replace("'", "''");
  }
}
