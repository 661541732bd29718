package io.homecell.sync.check;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a user may do, by what {@code SHOW GRANTS} says. Lenient where it can't tell: a right to one
 * table counts for its schema, and nothing is missing for a user who has roles.
 */
final class Grants {
  private static final Pattern GRANT =
      Pattern.compile("GRANT (.+) ON (\\*|`[^`]*`)\\.(?:\\*|`[^`]*`) TO (\\S+).*");
  private static final Pattern ROLE = Pattern.compile("GRANT `[^`]*`@`[^`]*`.* TO .*");
  private static final String EVERYWHERE = "*";

  private record Grant(String schema, Set<String> privileges) {}

  private final List<Grant> grants = new ArrayList<>();
  private String user = "the replication user";
  private boolean hasRoles;

  Grants(List<String> lines) {
    for (String line : lines) {
      Matcher grant = GRANT.matcher(line);
      if (grant.matches()) {
        user = grant.group(3);
        Set<String> privileges = new HashSet<>();
        for (String privilege : grant.group(1).split(",", -1)) {
          privileges.add(privilege.strip().toUpperCase(Locale.ROOT));
        }
        grants.add(new Grant(grant.group(2).replace("`", ""), privileges));
      } else if (ROLE.matcher(line).matches()) {
        hasRoles = true;
      }
    }
  }

  /** Those of some privileges that it lacks; {@code schema} may be a star. */
  Set<String> missing(Set<String> wanted, String schema) {
    Set<String> missing = new TreeSet<>(hasRoles ? Set.of() : wanted);
    for (Grant grant : grants) {
      if (grant.schema().equals(EVERYWHERE) || matches(grant.schema(), schema)) {
        if (grant.privileges().contains("ALL PRIVILEGES") || grant.privileges().contains("ALL")) {
          missing.clear();
        }
        missing.removeAll(grant.privileges());
      }
    }
    return missing;
  }

  /** The statement that gives what is missing. */
  String remedy(Set<String> missing, String schema) {
    String where = schema.equals(EVERYWHERE) ? "*.*" : "`" + schema + "`.*";
    return "GRANT " + String.join(", ", missing) + " ON " + where + " TO " + user;
  }

  /** A schema in a grant is a pattern: {@code _} and {@code %}, unless escaped. */
  private static boolean matches(String pattern, String schema) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\' && i + 1 < pattern.length()) {
        regex.append(Pattern.quote(String.valueOf(pattern.charAt(++i))));
      } else {
        regex.append(c == '%' ? ".*" : c == '_' ? "." : Pattern.quote(String.valueOf(c)));
      }
    }
    return schema.matches(regex.toString());
  }
}
