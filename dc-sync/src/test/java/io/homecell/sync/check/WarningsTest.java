package io.homecell.sync.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.capture.TableName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WarningsTest {
  private static final List<String> ALL_RIGHTS = List.of("GRANT ALL PRIVILEGES ON *.* TO `r`@`%`");

  private static List<String> of(Pulse pulse) {
    return Warnings.of("north-1", "south-1", pulse);
  }

  @ParameterizedTest
  @CsvSource({
    // behind, kept, warned
    "0, 3600, false",
    "1799, 3600, false",
    "1800, 3600, true",
    "9000, 3600, true",
    "9000000, 0, false",
    "-1, 1, false"
  })
  void retention(long behind, long kept, boolean warned) {
    Optional<Duration> age =
        behind < 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(behind));
    List<String> found = of(new Pulse(age, Duration.ofSeconds(kept), Duration.ZERO, Duration.ZERO));
    assertThat(found.size()).isEqualTo(warned ? 1 : 0);
    assertThat(found).allMatch(WarningName.RETENTION::names);
  }

  @Test
  void retentionSaysHowLongAndWhatToSet() {
    assertThat(
            of(
                new Pulse(
                    Optional.of(Duration.ofHours(5)),
                    Duration.ofHours(6),
                    Duration.ZERO,
                    Duration.ZERO)))
        .containsExactly(
            "RETENTION: south-1 has all of north-1 but the last 5 h, which keeps its log for 6 h;"
                + " raise binlog_expire_logs_seconds at north-1 before what is missing is purged");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "0     | 0    | -",
        "900   | 900  | -",
        "700   | -700 | north-1 is 1.4 s ahead of that of south-1",
        "-3000 | 0    | north-1 is 3.0 s behind that of south-1",
        "3000  | 3000 | south-1 is 3.0 s ahead of that of dc-sync",
      })
  void clocks(long source, long target, String wanted) {
    List<String> found =
        of(
            new Pulse(
                Optional.empty(),
                Duration.ZERO,
                Duration.ofMillis(source),
                Duration.ofMillis(target)));
    if (wanted == null) {
      assertThat(found).isEmpty();
    } else {
      assertThat(found).singleElement().asString().startsWith("CLOCK: the clock of " + wanted);
    }
  }

  @ParameterizedTest
  @CsvSource({
    // increment and offset there, here; whether both may give one number
    "1, 1, 1, 1, true",
    "2, 1, 2, 2, false",
    "2, 1, 2, 1, true",
    "2, 1, 2, 3, true",
    "1, 1, 2, 2, true",
    "2, 1, 4, 2, false",
    "3, 1, 2, 2, true",
    "3, 1, 3, 3, false"
  })
  void autoIncrement(long step, long offset, long otherStep, long otherOffset, boolean warned) {
    Map<TableName, Structure.Table> tables =
        Map.of(name("n"), new Structure.Table(columns("id bigint"), true, true));
    List<String> found =
        Warnings.of(
            new Structure("north-1", tables, ALL_RIGHTS, step, offset),
            new Structure("south-1", tables, ALL_RIGHTS, otherStep, otherOffset));
    assertThat(found.stream().anyMatch(WarningName.AUTO_INCREMENT::names)).isEqualTo(warned);
    assertThat(found).hasSize(warned ? 1 : 0);
  }

  @Test
  void tablesThatAreNotTheSameAreNamedByTheirFirstColumnThatIsNot() {
    Map<TableName, Structure.Table> there = new LinkedHashMap<>();
    Map<TableName, Structure.Table> here = new LinkedHashMap<>();
    there.put(name("same"), table("id bigint", "v int"));
    here.put(name("same"), table("id bigint", "v int"));
    there.put(name("type"), table("id bigint", "v int"));
    here.put(name("type"), table("id bigint", "v bigint"));
    here.put(name("extra"), table("id bigint"));
    assertThat(compare(there, here))
        .containsExactly(
            "SCHEMA_DIFFERS: s.extra is not at north-1, s.type by column v; make them equal, unless"
                + " a schema change is on its way");
    there.put(name("a"), table("id bigint", "more int"));
    here.put(name("a"), table("id bigint"));
    there.put(name("order"), table("id bigint", "a int", "b int"));
    here.put(name("order"), table("id bigint", "b int", "a int"));
    assertThat(compare(there, here))
        .singleElement()
        .asString()
        .contains("s.a by column more, s.extra is not at north-1, s.order by column a and 1 more;");
  }

  @Test
  void aTableWhoseRowsCantBeToldApartIsNamedBeforeItsFirstRow() {
    Map<TableName, Structure.Table> tables =
        Map.of(name("log"), new Structure.Table(columns("v int"), false, false));
    assertThat(compare(tables, tables)).singleElement().asString().startsWith("NO_KEY: s.log: ");
  }

  @Test
  void missingRightsAreNamedAsTheStatementsThatGiveThem() {
    Map<TableName, Structure.Table> tables = Map.of(name("t"), table("id bigint"));
    List<String> source =
        List.of(
            "GRANT REPLICATION SLAVE ON *.* TO `r`@`%`",
            "GRANT SELECT, INSERT, UPDATE, DELETE ON `homecell`.* TO `r`@`%`",
            "GRANT SELECT ON `s`.* TO `r`@`%`");
    List<String> target =
        new ArrayList<>(
            List.of(
                "GRANT REPLICATION_APPLIER,SESSION_VARIABLES_ADMIN ON *.* TO `r`@`%`",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON `homecell`.* TO `r`@`%`"));
    assertThat(
            Warnings.of(
                new Structure("north-1", tables, source, 1, 1),
                new Structure("south-1", tables, target, 1, 1)))
        .containsExactly(
            "PRIVILEGES: at north-1, run: GRANT REPLICATION CLIENT ON *.* TO `r`@`%`",
            "PRIVILEGES: at south-1, run: GRANT ALTER, CREATE, DELETE, DROP, INDEX, INSERT,"
                + " REFERENCES, SELECT, UPDATE ON `s`.* TO `r`@`%`");
    target.add("GRANT ALL PRIVILEGES ON `_`.* TO `r`@`%`"); // a pattern
    assertThat(
            Warnings.of(
                new Structure("north-1", tables, ALL_RIGHTS, 1, 1),
                new Structure("south-1", tables, target, 1, 1)))
        .isEmpty();
    // what a role gives is not listed: nothing is said to be missing
    List<String> role = List.of("GRANT USAGE ON *.* TO `r`@`%`", "GRANT `sync`@`%` TO `r`@`%`");
    assertThat(
            Warnings.of(
                new Structure("north-1", tables, role, 1, 1),
                new Structure("south-1", tables, role, 1, 1)))
        .isEmpty();
  }

  private static List<String> compare(
      Map<TableName, Structure.Table> there, Map<TableName, Structure.Table> here) {
    return Warnings.of(
        new Structure("north-1", there, ALL_RIGHTS, 1, 1),
        new Structure("south-1", here, ALL_RIGHTS, 1, 1));
  }

  private static TableName name(String table) {
    return new TableName("s", table);
  }

  private static Structure.Table table(String... columns) {
    return new Structure.Table(columns(columns), true, false);
  }

  private static Map<String, String> columns(String... columns) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String column : columns) {
      all.put(column.split(" ")[0], column);
    }
    return all;
  }
}
