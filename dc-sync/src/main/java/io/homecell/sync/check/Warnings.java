package io.homecell.sync.check;

import io.homecell.sync.capture.TableName;
import java.math.BigInteger;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Finds what is not wrong yet and will be: each as {@code NAME: what is found; what to do}. What
 * would distort changes is no warning; it stops the pipeline, see {@link
 * io.homecell.sync.capture.ServerChecks}. No I/O, no clock; see {@code WarningsTest}.
 */
final class Warnings {
  private static final Duration CLOCKS_APART_MAX = Duration.ofSeconds(1);
  private static final int NAMED_MAX = 3;

  private static final Set<String> READ_LOG = Set.of("REPLICATION SLAVE", "REPLICATION CLIENT");
  private static final Set<String> READ = Set.of("SELECT");
  private static final Set<String> BEAT = Set.of("SELECT", "INSERT", "UPDATE");
  private static final Set<String> APPLY = Set.of("REPLICATION_APPLIER", "SESSION_VARIABLES_ADMIN");
  private static final Set<String> WRITE = Set.of("SELECT", "INSERT", "UPDATE", "DELETE");
  private static final Set<String> CHANGE =
      Set.of("CREATE", "ALTER", "DROP", "INDEX", "REFERENCES");
  private static final String FRAMEWORK = "homecell";

  private Warnings() {}

  /** Those about what changes all the time. */
  static List<String> of(String source, String target, Pulse pulse) {
    List<String> found = new ArrayList<>();
    retention(source, target, pulse).ifPresent(found::add);
    clocks(source, target, pulse).ifPresent(found::add);
    return found;
  }

  /** That nothing is committed, and what is in the way. */
  static String of(String target, Duration nothingFor, Stall stall) {
    return "TARGET_STALLED: %s answers and has committed nothing for %s, though something waits; %s"
        .formatted(target, text(nothingFor), stall.text(target));
  }

  private static Optional<String> retention(String source, String target, Pulse pulse) {
    Duration behind = pulse.behind().orElse(Duration.ZERO);
    if (pulse.kept().isZero() || behind.multipliedBy(2).compareTo(pulse.kept()) < 0) {
      return Optional.empty();
    }
    return Optional.of(
        "RETENTION: %s has all of %s but the last %s, which keeps its log for %s; raise"
                .formatted(target, source, text(behind), text(pulse.kept()))
            + " binlog_expire_logs_seconds at "
            + source
            + " before what is missing is purged");
  }

  private static Optional<String> clocks(String source, String target, Pulse pulse) {
    Duration between = pulse.sourceAhead().minus(pulse.targetAhead());
    List<String> apart = new ArrayList<>();
    if (between.abs().compareTo(CLOCKS_APART_MAX) > 0) {
      apart.add(apart(source, target, between));
    } else if (pulse.targetAhead().abs().compareTo(CLOCKS_APART_MAX) > 0) {
      apart.add(apart(target, "dc-sync", pulse.targetAhead()));
    } else if (pulse.sourceAhead().abs().compareTo(CLOCKS_APART_MAX) > 0) {
      apart.add(apart(source, "dc-sync", pulse.sourceAhead()));
    }
    return apart.stream()
        .findFirst()
        .map(
            what ->
                "CLOCK: the clock of "
                    + what
                    + "; keep them together (chrony, NTP): leases and the lag by commit time"
                    + " rest on them");
  }

  private static String apart(String one, String other, Duration ahead) {
    return one
        + " is "
        + text(ahead.abs())
        + (ahead.isNegative() ? " behind that of " : " ahead of that of ")
        + other;
  }

  private static String text(Duration duration) {
    if (duration.compareTo(Duration.ofMinutes(2)) < 0) {
      return String.format(Locale.ROOT, "%.1f s", duration.toMillis() / 1_000.0);
    }
    return duration.compareTo(Duration.ofHours(2)) < 0
        ? duration.toMinutes() + " min"
        : duration.toHours() + " h";
  }

  /** Those about what the two servers have. */
  static List<String> of(Structure source, Structure target) {
    List<String> found = new ArrayList<>();
    named(
        found,
        tables(target, table -> !table.keyed()),
        "NO_KEY: %s: no primary key, nor a unique one without NULL; to change or delete a row reads"
            + " the whole table, one transaction after another: give it one");
    named(
        found,
        differing(source, target),
        "SCHEMA_DIFFERS: %s; make them equal, unless a schema change is on its way");
    if (collide(source, target)) {
      Set<String> numbered = tables(source, Structure.Table::numbering);
      numbered.retainAll(tables(target, Structure.Table::numbering));
      named(
          found,
          numbered,
          "AUTO_INCREMENT: %s: both cells may give the same number; set auto_increment_increment=2"
              + " at both, and auto_increment_offset=1 at "
              + source.cell()
              + ", 2 at "
              + target.cell());
    }
    Set<String> schemas = new TreeSet<>();
    source.tables().keySet().forEach(table -> schemas.add(table.schema()));
    target.tables().keySet().forEach(table -> schemas.add(table.schema()));
    privileges(source, schemas, Map.of("*", READ_LOG, FRAMEWORK, BEAT), READ).ifPresent(found::add);
    Set<String> applying = new TreeSet<>(WRITE);
    applying.addAll(CHANGE);
    privileges(target, schemas, Map.of("*", APPLY, FRAMEWORK, WRITE), applying)
        .ifPresent(found::add);
    return found;
  }

  private static Set<String> tables(Structure server, Predicate<Structure.Table> which) {
    return server.tables().entrySet().stream()
        .filter(entry -> which.test(entry.getValue()))
        .map(entry -> entry.getKey().toString())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> differing(Structure source, Structure target) {
    Set<TableName> all = new HashSet<>(source.tables().keySet());
    all.addAll(target.tables().keySet());
    Set<String> differing = new TreeSet<>();
    for (TableName name : all) {
      Structure.Table there = source.tables().get(name);
      Structure.Table here = target.tables().get(name);
      if (there == null || here == null) {
        differing.add(name + " is not at " + (there == null ? source : target).cell());
      } else {
        column(there.columns(), here.columns())
            .ifPresent(column -> differing.add(name + " by column " + column));
      }
    }
    return differing;
  }

  /** The first column that is not the same, or not in the same place. */
  private static Optional<String> column(Map<String, String> there, Map<String, String> here) {
    List<String> names = List.copyOf(there.keySet());
    List<String> others = List.copyOf(here.keySet());
    for (int i = 0; i < Math.min(names.size(), others.size()); i++) {
      String name = names.get(i);
      String type = there.getOrDefault(name, "");
      if (!name.equals(others.get(i)) || !type.equals(here.get(name))) {
        return Optional.of(name);
      }
    }
    List<String> longer = names.size() > others.size() ? names : others;
    int common = Math.min(names.size(), others.size());
    return longer.stream().skip(common).findFirst();
  }

  /** Offset plus multiples of the increment: two such rows of numbers meet, or never do. */
  private static boolean collide(Structure source, Structure target) {
    long step =
        BigInteger.valueOf(source.increment())
            .gcd(BigInteger.valueOf(target.increment()))
            .longValue();
    return step == 0 || (source.offset() - target.offset()) % step == 0;
  }

  private static Optional<String> privileges(
      Structure server,
      Set<String> schemas,
      Map<String, Set<String>> framework,
      Set<String> onSchemas) {
    Grants grants = new Grants(server.grants());
    List<String> remedies = new ArrayList<>();
    new TreeMap<>(framework).forEach((on, wanted) -> lacks(grants, wanted, on, remedies));
    schemas.forEach(schema -> lacks(grants, onSchemas, schema, remedies));
    return remedies.isEmpty()
        ? Optional.empty()
        : Optional.of("PRIVILEGES: at " + server.cell() + ", run: " + String.join("; ", remedies));
  }

  private static void lacks(Grants grants, Set<String> wanted, String on, List<String> remedies) {
    Set<String> missing = grants.missing(wanted, on);
    if (!missing.isEmpty()) {
      remedies.add(grants.remedy(missing, on));
    }
  }

  private static void named(List<String> found, Set<String> names, String sentence) {
    if (names.isEmpty()) {
      return;
    }
    String listed = names.stream().limit(NAMED_MAX).collect(Collectors.joining(", "));
    int more = names.size() - NAMED_MAX;
    found.add(sentence.formatted(more > 0 ? listed + " and " + more + " more" : listed));
  }
}
