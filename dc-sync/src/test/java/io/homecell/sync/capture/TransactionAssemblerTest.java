package io.homecell.sync.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.sync.capture.SourceTransaction.Part;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TransactionAssemblerTest {
  private static final Instant AT = Instant.parse("2026-11-22T10:00:00Z");
  private static final TableName TABLE = new TableName("account", "wallet");

  private final TransactionAssembler assembler =
      new TransactionAssembler(new TransactionAssembler.Limits(10, 1_000));

  private static Gtid gtid(long number) {
    return new Gtid("aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa", number);
  }

  private static SourceEvent.Changed row(long transaction, long id) {
    Row row = new Row(List.of("id"), new Object[] {id});
    return new SourceEvent.Changed(gtid(transaction), new RowChange.Insert(TABLE, row), 50);
  }

  private static SourceEvent begin(long transaction) {
    return new SourceEvent.Begin(gtid(transaction));
  }

  private static SourceEvent end(long transaction, long rows) {
    return new SourceEvent.End(gtid(transaction), rows, AT);
  }

  private void refuses(SourceEvent event, Reason reason) {
    assertThatThrownBy(() -> assembler.take(event))
        .isInstanceOfSatisfying(
            ReplicationHaltedException.class, e -> assertThat(e.reason()).isEqualTo(reason));
  }

  @Property
  void everyTransactionComesOutWholeAndInOrder(
      @ForAll @Size(max = 20) List<@IntRange(min = 0, max = 10) Integer> sizes) {
    List<SourceTransaction> out = new ArrayList<>();
    for (int i = 0; i < sizes.size(); i++) {
      assertThat(assembler.take(begin(i + 1))).isEmpty();
      for (int row = 0; row < sizes.get(i); row++) {
        assertThat(assembler.take(row(i + 1, row))).isEmpty();
      }
      assembler.take(end(i + 1, sizes.get(i))).ifPresent(out::add);
    }
    assertThat(out).extracting(whole -> whole.changes().size()).isEqualTo(sizes);
    assertThat(out).extracting(whole -> whole.gtid().number()).isSorted().hasSize(sizes.size());
  }

  @Test
  void aPartOfATransactionIsNeverLetThrough() {
    assembler.take(begin(1));
    assembler.take(row(1, 1));
    refuses(end(1, 2), Reason.STREAM_INCONSISTENT);
  }

  @Test
  void aRowTooManyIsNeverLetThrough() {
    assembler.take(begin(1));
    assembler.take(row(1, 1));
    assembler.take(row(1, 2));
    refuses(end(1, 1), Reason.STREAM_INCONSISTENT);
  }

  @Test
  void aStreamThatStartsInsideOfATransactionIsRefused() {
    refuses(row(1, 1), Reason.STREAM_INCONSISTENT);
    refuses(end(1, 0), Reason.STREAM_INCONSISTENT);
  }

  @Test
  void transactionsNeverMix() {
    assembler.take(begin(1));
    refuses(begin(1), Reason.STREAM_INCONSISTENT);
    refuses(begin(2), Reason.STREAM_INCONSISTENT);
    refuses(row(2, 1), Reason.STREAM_INCONSISTENT);
    refuses(end(2, 0), Reason.STREAM_INCONSISTENT);
    assertThat(assembler.take(end(1, 0)))
        .map(SourceTransaction::gtid)
        .isEqualTo(Optional.of(gtid(1)));
  }

  @Property
  void aLargeTransactionComesOutInPartsThatAddUp(
      @ForAll @IntRange(min = 1, max = 45) int rows,
      @ForAll @IntRange(min = 1, max = 12) int most) {
    TransactionAssembler parts =
        new TransactionAssembler(new TransactionAssembler.Limits(10, most * 50L));
    parts.take(begin(1));
    List<SourceTransaction> out = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      parts.take(row(1, i)).ifPresent(out::add);
    }
    assertThatThrownBy(() -> parts.take(end(1, rows + 1))).hasMessageContaining("INCONSISTENT");
    parts.take(end(1, rows)).ifPresent(out::add);
    int size = Math.min(10, most);
    if (rows <= size) {
      assertThat(out).extracting(SourceTransaction::part).containsExactly(Part.WHOLE);
    } else {
      assertThat(out).first().extracting(SourceTransaction::part).isEqualTo(Part.FIRST);
      assertThat(out).last().extracting(SourceTransaction::part).isEqualTo(Part.LAST);
      assertThat(out.subList(1, out.size() - 1)).allMatch(part -> part.part() == Part.MIDDLE);
    }
    assertThat(out).allMatch(part -> part.changes().size() <= size);
    List<Object> ids = new ArrayList<>();
    for (SourceTransaction part : out) {
      part.changes().forEach(change -> change.images().forEach(row -> ids.add(row.value(0))));
    }
    assertThat(ids).isEqualTo(LongStream.range(0, rows).boxed().toList());
    parts.take(begin(2));
    assertThat(parts.take(end(2, 0))).map(SourceTransaction::part).contains(Part.WHOLE);
  }

  @Test
  void partsThatDoNotAddUpHaveNoLastOne() {
    assembler.take(begin(1));
    for (int i = 0; i < 25; i++) {
      assembler.take(row(1, i));
    }
    refuses(end(1, 24), Reason.STREAM_INCONSISTENT);
    refuses(begin(2), Reason.STREAM_INCONSISTENT);
    refuses(row(2, 1), Reason.STREAM_INCONSISTENT);
  }

  @Test
  void aSchemaChangeIsATransactionOfItsOwnAndToldOnce() {
    SourceEvent.SchemaChange change = new SourceEvent.SchemaChange(gtid(4), AT, false);
    assertThat(assembler.take(change))
        .contains(new SourceTransaction(gtid(4), AT, List.of(), 0, true));
    assertThat(assembler.take(change)).isEmpty(); // of the same statement, for another table
    assertThat(assembler.take(new SourceEvent.SchemaChange(gtid(5), AT, false))).isPresent();
  }

  @Test
  void aSchemaChangeWithRowsComesOutWholeAndMarked() {
    assembler.take(begin(6));
    assertThat(assembler.take(new SourceEvent.SchemaChange(gtid(6), AT, false))).isEmpty();
    assembler.take(row(6, 1));
    assertThat(assembler.take(end(6, 1))).map(SourceTransaction::schemaChange).contains(true);
    assembler.take(begin(7));
    refuses(new SourceEvent.SchemaChange(gtid(8), AT, false), Reason.STREAM_INCONSISTENT);
    assertThat(assembler.take(end(7, 0))).map(SourceTransaction::schemaChange).contains(false);
  }

  @Test
  void aTruncationHasABeginAndNoEnd() {
    assembler.take(begin(6));
    assertThat(assembler.take(new SourceEvent.SchemaChange(gtid(6), AT, true)))
        .map(SourceTransaction::schemaChange)
        .contains(true);
    assembler.take(begin(7));
    assertThat(assembler.take(end(7, 0))).isPresent();
  }
}
