package io.homecell.sync.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.capture.TableName;
import io.homecell.sync.load.LoadBook.Progress;
import io.homecell.sync.load.LoadedTable.Column;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The statements of a copy, and its words. That they are right is shown by LoadIT. */
class LoadedTableTest {
  private static final TableName NAME = new TableName("a", "t`1");
  private static final LoadedTable TABLE =
      new LoadedTable(
          NAME,
          List.of(
              new Column("x", "varchar", Optional.of("latin1")),
              new Column("y", "int", Optional.empty()),
              new Column("z", "double", Optional.empty()),
              new Column("b", "blob", Optional.empty())),
          List.of("y", "x"));

  @Test
  void readsOnBehindTheLastKeyOfSeveralColumns() {
    List<String> key = TABLE.keyOf(List.of("41", "7", "-0.0", ""));
    assertThat(key).containsExactly("7", "_latin1 x'41'");
    assertThat(TABLE.select(key, 9))
        .isEqualTo(
            "SELECT HEX(`x`),CAST(`y` AS CHAR),`z` * 1e0,HEX(`b`) FROM `a`.`t``1`"
                + " WHERE `y` >= 7 AND (`y` > 7 OR (`y` = 7 AND `x` > _latin1 x'41'))"
                + " ORDER BY `y`,`x` LIMIT 9");
    assertThat(TABLE.replace() + TABLE.values(List.of("41", "7", "-0.0", "")))
        .isEqualTo("REPLACE INTO `a`.`t``1` (`x`,`y`,`z`,`b`) VALUES (_latin1 x'41',7,-0.0e0,x'')");
  }

  @Test
  void aTableWithoutAKeyOrWithAComputedOneIsNamed() {
    assertThat(TABLE.problem()).isEmpty();
    assertThat(new LoadedTable(NAME, TABLE.columns(), List.of()).problem().orElseThrow())
        .contains("no primary key");
    assertThat(new LoadedTable(NAME, TABLE.columns(), List.of("g")).problem().orElseThrow())
        .contains("computed");
  }

  @Test
  void progressIsOfAllTablesAndNeverAboveTheWhole() {
    Progress done = new Progress(new TableName("a", "one"), 100, 120, List.of(), true);
    Progress next = new Progress(new TableName("a", "two"), 380, 15, List.of(), false);
    assertThat(new Progressing(List.of(done, next)).text("north-1", next))
        .isEqualTo("loads from north-1: table 2 of 2, a.two, 135 of 500 rows, 27 %");
    Progress empty = new Progress(new TableName("a", "two"), 0, 0, List.of(), false);
    assertThat(new Progressing(List.of(empty)).text("north-1", empty))
        .endsWith("0 of 0 rows, 100 %");
  }
}
