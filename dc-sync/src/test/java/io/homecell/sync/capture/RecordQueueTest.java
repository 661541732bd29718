package io.homecell.sync.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.pipeline.DataChangeEvent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;

class RecordQueueTest {
  private static final Schema VALUE =
      SchemaBuilder.struct().field("value", Schema.STRING_SCHEMA).build();
  private static final Duration LONG = Duration.ofSeconds(30);

  @Test
  void allThatHaveComeAreTakenTogetherAndInOrder() throws Exception {
    RecordQueue queue = new RecordQueue(10, Long.MAX_VALUE);
    queue.enqueue(event("one"));
    queue.enqueue(event("two"));

    assertThat(values(queue.takeAll(LONG))).containsExactly("one", "two");
    assertThat(queue.takeAll(Duration.ZERO)).isEmpty();
  }

  @Test
  void theFirstWakesTheTaker() throws Exception {
    RecordQueue queue = new RecordQueue(10, Long.MAX_VALUE);
    CompletableFuture<List<SourceRecord>> taken = new CompletableFuture<>();
    Thread taker = started(() -> taken.complete(queue.takeAll(LONG)));
    awaitWaiting(taker);

    queue.enqueue(event("one"));

    assertThat(values(taken.get(10, TimeUnit.SECONDS))).containsExactly("one");
  }

  @Test
  void aFullQueueMakesTheReaderWaitAndLosesNothing() throws Exception {
    fillsUp(new RecordQueue(2, Long.MAX_VALUE));
  }

  @Test
  void bytesFillItAsRecordsDo() throws Exception {
    fillsUp(new RecordQueue(Integer.MAX_VALUE, 2 * event("1").objectSize()));
  }

  @Test
  void aReaderThatWaitsForRoomGoesOnWhenNobodyTakesAnyLonger() throws Exception {
    RecordQueue queue = new RecordQueue(1, Long.MAX_VALUE);
    Thread reader =
        started(
            () -> {
              queue.enqueue(event("one"));
              queue.enqueue(event("two"));
              queue.enqueue(event("three"));
              return true;
            });
    awaitWaiting(reader);

    queue.close();

    reader.join(10_000);
    assertThat(reader.isAlive()).isFalse();
    assertThat(queue.takeAll(Duration.ZERO)).isEmpty();
  }

  /** One that two records fill. */
  private static void fillsUp(RecordQueue queue) throws Exception {
    Thread reader =
        started(
            () -> {
              for (int i = 1; i <= 5; i++) {
                queue.enqueue(event(Integer.toString(i)));
              }
              return true;
            });
    awaitWaiting(reader);
    List<Object> all = new ArrayList<>(values(queue.takeAll(LONG)));
    assertThat(all).as("what was there when it was full").containsExactly("1", "2");
    while (all.size() < 5) {
      // the reader may have been woken and not have gone on yet: one or two, never more
      List<Object> some = values(queue.takeAll(LONG));
      assertThat(some).hasSizeBetween(1, 2);
      all.addAll(some);
    }
    reader.join(10_000);
    assertThat(all).containsExactly("1", "2", "3", "4", "5");
  }

  private interface Step {
    boolean run() throws InterruptedException;
  }

  private static Thread started(Step step) {
    Thread thread =
        new Thread(
            () -> {
              try {
                step.run();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void awaitWaiting(Thread thread) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      assertThat(System.nanoTime()).as("%s waits", thread).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static DataChangeEvent event(String value) {
    return new DataChangeEvent(
        new SourceRecord(
            Map.of(), Map.of(), "topic", VALUE, new Struct(VALUE).put("value", value)));
  }

  private static List<Object> values(List<SourceRecord> records) {
    List<Object> values = new ArrayList<>();
    records.forEach(record -> values.add(((Struct) record.value()).getString("value")));
    return values;
  }
}
