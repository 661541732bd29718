package io.homecell.sync.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.capture.Row;
import io.homecell.sync.capture.RowChange;
import io.homecell.sync.capture.SourceTransaction;
import io.homecell.sync.capture.TableName;
import io.homecell.sync.position.Gtid;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecentWritesTest {
  private final RecentWrites writes = new RecentWrites();

  private void commit(long second, String schema, long slot) {
    RowChange change =
        new RowChange.Insert(
            new TableName(schema, "t"), new Row(List.of("slot"), new Object[] {slot}));
    writes.applied(
        new SourceTransaction(
            Gtid.parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:1"),
            Instant.ofEpochSecond(second),
            List.of(change),
            100));
  }

  @Test
  void theSecondsUpToTheLastTransactionCountHoweverLongAgoThatWas() {
    assertThat(writes.recent()).isEmpty();
    commit(100, "homecell", 7); // a fence row is no user's write
    assertThat(writes.recent()).isEmpty();
    commit(100, "trade", 7);
    commit(101, "trade", 7);
    commit(109, "trade", 8);
    assertThat(writes.recent()).contains(new RecentWrites.Recent(3, 2, 10));
    commit(110, "trade", 9);
    assertThat(writes.recent()).contains(new RecentWrites.Recent(3, 3, 10));
    commit(95, "trade", 10); // far behind the others: it counts no more
    assertThat(writes.recent()).contains(new RecentWrites.Recent(3, 3, 10));
    commit(130, "trade", 1);
    assertThat(writes.recent()).contains(new RecentWrites.Recent(1, 1, 10));
  }
}
