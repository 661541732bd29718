package io.homecell.sync.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.slot.SlotRange;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.verify.ComparedTable.Column;
import io.homecell.sync.verify.TableComparison.Batch;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VerifyPartsTest {
  private static final Scope TABLE = new Scope(Optional.empty(), Optional.of("a.t"));

  @Test
  void slotsAreReadTogetherAsFarAsMemoryGoes() {
    Map<Integer, Long> rows = new LinkedHashMap<>();
    rows.put(1, 20_000L);
    rows.put(2, 30_000L);
    rows.put(3, 1L);
    rows.put(4, 120_000L);
    assertThat(TableComparison.batches(rows))
        .containsExactly(
            new Batch(List.of(1, 2), 1), new Batch(List.of(3), 1), new Batch(List.of(4), 3));
    assertThat(TableComparison.batches(Map.of())).isEmpty();
  }

  @Test
  void keysDisagreeThatAreMissingOnOneSideOrHaveAnotherHash() {
    assertThat(
            TableComparison.disagreeing(
                Map.of(List.of("1"), "a", List.of("2"), "b", List.of("3"), "c"),
                Map.of(List.of("1"), "a", List.of("2"), "x", List.of("4"), "d")))
        .containsExactlyInAnyOrder(List.of("2"), List.of("3"), List.of("4"));
  }

  @Test
  void aTableIsReadByItsKeyAndEachColumnAsATextThatLosesNothing() {
    ComparedTable table =
        new ComparedTable(
            new TableName("a", "t`"),
            List.of(
                new Column("f", "float"),
                new Column("id", "varbinary"),
                new Column("n", "varchar"),
                new Column("slot", "smallint")),
            List.of("id"));
    assertThat(table.wholeOnly()).isFalse();
    assertThat(table.row())
        .isEqualTo(
            "SELECT IFNULL(`f`+0e0,'-'),IFNULL(MD5(`id`),'-'),IFNULL(MD5(`n`),'-'),"
                + "IFNULL(`slot`,'-') FROM `a`.`t``` WHERE (`id`) = (UNHEX(?))");
    assertThat(table.sums(Optional.of(new SlotRange(3, 9))))
        .endsWith("FROM `a`.`t``` WHERE slot BETWEEN 3 AND 9 GROUP BY slot");
    assertThat(table.hashes(List.of(3, 4), 1, 2))
        .startsWith("SELECT HEX(`id`), CAST(")
        .endsWith("WHERE TRUE AND slot IN (3,4) AND CRC32(CONCAT_WS('|',HEX(`id`))) % 2 = 1");
    assertThat(table.differing(List.of("1", "2", "3", "4"), List.of("1", "x", "3", "y")))
        .containsExactly("id", "slot");
  }

  @Test
  void aTableThatHasNoExactKeyIsComparedAsAWhole() {
    TableName name = new TableName("a", "t");
    List<Column> number = List.of(new Column("x", "int"));
    assertThat(new ComparedTable(name, number, List.of()).wholeOnly()).isTrue();
    assertThat(new ComparedTable(name, number, List.of("x")).wholeOnly()).isFalse();
    assertThat(new ComparedTable(name, List.of(new Column("x", "float")), List.of("x")).wholeOnly())
        .isTrue();
    assertThat(new ComparedTable(name, number, List.of()).sums(Optional.empty()))
        .startsWith("SELECT -1, COUNT(*), IFNULL(SUM(CAST(");
  }

  @Test
  void whatWasFoundStaysKnownUntilALookThatCoversIt() {
    SlotRange some = new SlotRange(0, 9);
    Scope slots = new Scope(Optional.of(some), Optional.of("a.t"));
    Found differs = Found.nothing().with(result(TABLE, table("a.t", 1, 0)));
    assertThat(differs.verified().differences()).isEqualTo(1);
    // elsewhere, in part, undecided, not compared
    assertThat(differs.with(result(slots, table("a.t", 0, 0))).verified().differences()).isOne();
    assertThat(differs.with(result(TABLE, table("a.t", 0, 1))).verified().differences()).isOne();
    assertThat(
            differs.with(result(Scope.ALL, TableResult.notCompared("a.t", "no key"))).differing())
        .containsKey("a.t");
    assertThat(differs.with(result(TABLE, table("a.t", 0, 0))).verified().equal()).isTrue();
    // a table that never can be compared does not keep another one's rows known
    Found both =
        differs.with(
            result(Scope.ALL, table("a.t", 0, 0), TableResult.notCompared("a.u", "no key")));
    assertThat(both.differing()).isEmpty();
    assertThat(both.equal()).isFalse();
    // gone
    assertThat(differs.with(result(Scope.ALL, table("a.u", 0, 0))).differing()).isEmpty();
    Found inSlots = Found.nothing().with(result(slots, table("a.t", 2, 0)));
    assertThat(inSlots.with(result(slots, table("a.t", 0, 0))).differing()).isEmpty();
    assertThat(inSlots.with(result(Scope.ALL, table("a.t", 0, 0))).differing()).isEmpty();
  }

  private static TableResult table(String name, long more, long undecided) {
    return new TableResult(name, 1, 1, List.of(), more, undecided, Optional.empty());
  }

  private static VerifyResult result(Scope scope, TableResult... tables) {
    return VerifyResult.of("north-1", "south-1", scope, Instant.EPOCH, List.of(tables));
  }
}
