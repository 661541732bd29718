package io.homecell.sync.capture;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.PinnedOffset;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.logging.Level;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures through Debezium's MySQL connector, embedded.
 *
 * <p>It starts from a set of executed transactions and never from a stored offset; it does not
 * reconnect by itself, since Debezium's own reconnect may resume within a transaction: a lost
 * connection ends it, and the pipeline starts a new one from a new position.
 */
public final class DebeziumCapture implements Capture {
  private static final Logger LOG = LoggerFactory.getLogger(DebeziumCapture.class);
  private static final long CLOSE_SECONDS = 20;

  /** The binlog client logs through the JDK; kept here, else the level is forgotten. */
  private static final java.util.logging.Logger BINLOG_CLIENT =
      java.util.logging.Logger.getLogger("com.github.shyiko.mysql.binlog");

  static {
    BINLOG_CLIENT.setLevel(Level.SEVERE);
  }

  private final DebeziumEngine<RecordChangeEvent<SourceRecord>> engine;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final AtomicReference<Throwable> sinkFailure = new AtomicReference<>();
  private final TransactionAssembler assembler;
  private final DebeziumRecords records = new DebeziumRecords();
  private final TransactionSink sink;
  private final Thread thread;
  private volatile boolean closing;

  private DebeziumCapture(
      String name,
      Properties properties,
      TransactionAssembler.Limits limits,
      TransactionSink sink) {
    this.assembler = new TransactionAssembler(limits);
    this.sink = sink;
    this.engine =
        DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
            .using(properties)
            .using(getClass().getClassLoader())
            .using(this::completed)
            .notifying((batch, committer) -> handle(batch))
            .build();
    this.thread = new Thread(engine, "capture-" + name);
    this.thread.setDaemon(true);
  }

  /**
   * Starts capturing.
   *
   * @param name of the pipeline
   * @param serverId a replica's server id that no other client of this source uses
   * @param from what to leave out: transactions that the target has
   * @param localTables tables that are never carried over
   */
  public static DebeziumCapture start(
      String name,
      CellDatabase source,
      int serverId,
      GtidSet from,
      List<TableName> localTables,
      TransactionAssembler.Limits limits,
      TransactionSink sink) {
    DebeziumCapture capture =
        new DebeziumCapture(
            name, properties(name, source, serverId, from, localTables), limits, sink);
    capture.thread.start();
    return capture;
  }

  private static Properties properties(
      String name, CellDatabase source, int serverId, GtidSet from, List<TableName> localTables) {
    Properties p = new Properties();
    p.setProperty("name", name);
    p.setProperty("connector.class", "io.debezium.connector.mysql.MySqlConnector");
    p.setProperty("topic.prefix", name); // names its JMX beans, too: unique in the process
    p.setProperty("database.hostname", source.mysql().host());
    p.setProperty("database.port", Integer.toString(source.mysql().port()));
    p.setProperty("database.user", source.replication().user());
    p.setProperty("database.password", source.replication().password());
    p.setProperty("database.server.id", Integer.toString(serverId));
    p.setProperty("database.ssl.mode", "disabled");
    p.setProperty("driver.allowPublicKeyRetrieval", "true");
    p.setProperty("driver.connectTimeout", "3000");
    p.setProperty("driver.socketTimeout", "30000");
    p.setProperty("connect.timeout.ms", "3000");
    p.setProperty("connect.keep.alive", "false");
    p.setProperty("errors.max.retries", "0");
    // Position: ours, new at each start; the schema is read anew, too.
    p.setProperty("offset.storage", PinnedOffset.class.getName());
    p.setProperty(PinnedOffset.START_PROPERTY, from.toString());
    p.setProperty("offset.flush.interval.ms", "3600000");
    p.setProperty("snapshot.mode", "recovery");
    p.setProperty("snapshot.locking.mode", "none");
    p.setProperty("schema.history.internal", "io.debezium.relational.history.MemorySchemaHistory");
    // What is carried over: whole transactions, with boundaries, nothing skipped.
    p.setProperty("provide.transaction.metadata", "true");
    p.setProperty("include.schema.changes", "true");
    p.setProperty("skipped.operations", "none");
    p.setProperty("tombstones.on.delete", "false");
    p.setProperty(
        "table.exclude.list",
        String.join(
            ",",
            localTables.stream().map(table -> table.schema() + "[.]" + table.table()).toList()));
    p.setProperty("event.processing.failure.handling.mode", "fail");
    p.setProperty("inconsistent.schema.handling.mode", "fail");
    // Exact values.
    p.setProperty("bigint.unsigned.handling.mode", "precise");
    p.setProperty("decimal.handling.mode", "precise");
    p.setProperty("time.precision.mode", "adaptive_time_microseconds");
    p.setProperty("binary.handling.mode", "bytes");
    p.setProperty("enable.time.adjuster", "false");
    // Little delay (2 ms cost 15 % of a core at rest, 5 ms 6 %), bounded memory.
    p.setProperty("poll.interval.ms", "500");
    p.setProperty("max.batch.size", "1");
    p.setProperty("max.queue.size", "4096");
    p.setProperty("max.queue.size.in.bytes", Long.toString(Runtime.getRuntime().maxMemory() / 16));
    p.setProperty("record.processing.threads", "1");
    return p;
  }

  private void handle(List<RecordChangeEvent<SourceRecord>> batch) throws InterruptedException {
    if (closing) {
      return;
    }
    try {
      for (RecordChangeEvent<SourceRecord> record : batch) {
        Optional<SourceTransaction> whole = records.event(record.record()).flatMap(assembler::take);
        if (whole.isPresent()) {
          sink.take(whole.get());
        }
      }
    } catch (RuntimeException | InterruptedException e) {
      sinkFailure.compareAndSet(null, e);
      throw e;
    }
  }

  private void completed(boolean success, String message, Throwable error) {
    Throwable cause = sinkFailure.get();
    if (cause == null) {
      cause = error;
    }
    if (closing) {
      ended.complete(null);
    } else if (cause != null) {
      ended.completeExceptionally(cause);
    } else {
      ended.completeExceptionally(new IOException("the capture ended: " + message));
    }
  }

  @Override
  public CompletableFuture<Void> ended() {
    return ended;
  }

  @Override
  public void close() {
    closing = true;
    Thread closer =
        new Thread(
            () -> {
              try {
                engine.close();
              } catch (IOException | RuntimeException e) {
                LOG.debug("closing {}: {}", thread.getName(), e.toString());
              }
            },
            thread.getName() + "-close");
    closer.setDaemon(true);
    closer.start();
    try {
      ended.exceptionally(failed -> null).get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
      LOG.warn("{} did not end within {} s", thread.getName(), CLOSE_SECONDS);
      thread.interrupt();
    }
  }
}
