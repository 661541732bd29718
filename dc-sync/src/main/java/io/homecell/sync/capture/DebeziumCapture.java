package io.homecell.sync.capture;

import io.debezium.connector.mysql.MySqlConnector;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import java.io.EOFException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures through Debezium's MySQL connector.
 *
 * <p>It starts from a set of executed transactions and never from a stored offset; it does not
 * reconnect by itself, since Debezium's own reconnect may resume within a transaction: a lost
 * connection ends it, and the pipeline starts a new one from a new position.
 *
 * <p>The connector is a Kafka Connect source task, and one thread of ours runs it as Connect would:
 * start, poll, stop. Debezium's own engine is made for transformations, conversions and stored
 * offsets, none of which is wanted here, and hands each record through two more threads for them.
 */
public final class DebeziumCapture implements Capture {
  private static final Logger LOG = LoggerFactory.getLogger(DebeziumCapture.class);
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(20);

  /** How long a thread that waits for the sink may take to see that the capture is closing. */
  private static final Duration NOTICE_WITHIN = Duration.ofSeconds(1);

  static {
    BinlogClientLog.quieten();
  }

  private final CellDatabase source;
  private final Map<String, String> properties;
  private final GtidSet from;
  private final List<TableDefinition> tables;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final TransactionAssembler assembler;
  private final TransactionSink sink;
  private final Thread thread;
  private volatile boolean closing;
  private final Object endingLock = new Object();
  private boolean ending;

  private DebeziumCapture(
      String name,
      CellDatabase source,
      Map<String, String> properties,
      GtidSet from,
      List<TableDefinition> tables,
      TransactionAssembler.Limits limits,
      TransactionSink sink) {
    this.source = source;
    this.properties = properties;
    this.from = from;
    this.tables = tables;
    this.assembler = new TransactionAssembler(limits);
    this.sink = sink;
    this.thread = new Thread(this::run, "capture-" + name);
    this.thread.setDaemon(true);
  }

  /**
   * Starts capturing.
   *
   * @param name of the pipeline
   * @param serverId a replica's server id that no other client of this source uses
   * @param from what to leave out: transactions that the target has
   * @param tables of the target, which are as the source's were behind those transactions
   * @param carried whose rows are wanted
   */
  public static DebeziumCapture start(
      String name,
      CellDatabase source,
      int serverId,
      GtidSet from,
      List<TableDefinition> tables,
      CarriedTables carried,
      TransactionAssembler.Limits limits,
      TransactionSink sink) {
    DebeziumCapture capture =
        new DebeziumCapture(
            name, source, properties(name, source, serverId, carried), from, tables, limits, sink);
    capture.thread.start();
    return capture;
  }

  private static Map<String, String> properties(
      String name, CellDatabase source, int serverId, CarriedTables carried) {
    Map<String, String> p = new HashMap<>();
    p.put("name", name);
    p.put("connector.class", MySqlConnector.class.getName());
    p.put("topic.prefix", name); // names its JMX beans, too: unique in the process
    p.put("database.hostname", source.mysql().host());
    p.put("database.port", Integer.toString(source.mysql().port()));
    p.put("database.user", source.replication().user());
    p.put("database.password", source.replication().password());
    p.put("database.server.id", Integer.toString(serverId));
    p.put("database.ssl.mode", "disabled");
    p.put("driver.allowPublicKeyRetrieval", "true");
    p.put("driver.connectTimeout", "3000");
    p.put("driver.socketTimeout", "30000");
    p.put("connect.timeout.ms", "3000");
    p.put("connect.keep.alive", "false");
    p.put("errors.max.retries", "0");
    // The position is ours, see PinnedOffset, and so are the tables' shapes, see TargetSchema.
    p.put("snapshot.mode", "no_data");
    p.put("snapshot.locking.mode", "none");
    // What is carried over: whole transactions, with boundaries, nothing skipped.
    p.put("provide.transaction.metadata", "true");
    p.put("include.schema.changes", "true");
    p.put("skipped.operations", "none");
    p.put("tombstones.on.delete", "false");
    if (carried instanceof CarriedTables.Copies copies) {
      List<String> included = new ArrayList<>();
      copies.schemas().forEach(schema -> included.add(schema + "[.].*"));
      included.add(pattern(copies.heartbeat()));
      p.put("table.include.list", String.join(",", included));
    } else if (carried instanceof CarriedTables.AllBut all) {
      p.put(
          "table.exclude.list",
          String.join(",", all.local().stream().map(DebeziumCapture::pattern).toList()));
    }
    p.put("event.processing.failure.handling.mode", "fail");
    // by default a value that can't be converted is dropped with a warning
    p.put("event.converting.failure.handling.mode", "fail");
    p.put("inconsistent.schema.handling.mode", "fail");
    // Exact values.
    p.put("bigint.unsigned.handling.mode", "precise");
    p.put("decimal.handling.mode", "precise");
    p.put("converters", "exact");
    p.put("exact.type", ExactConverter.class.getName());
    // or a value that can't be converted would be left out with no more than a warning
    p.put("event.converting.failure.handling.mode", "fail");
    p.put("binary.handling.mode", "bytes");
    p.put("enable.time.adjuster", "false");
    return p;
  }

  private static String pattern(TableName table) {
    return table.schema() + "[.]" + table.table();
  }

  private void run() {
    LoggedOptions options;
    try {
      options = new LoggedOptions(Collations.charsets(source));
    } catch (SQLException e) {
      end(e);
      return;
    }
    ExactTask task = new ExactTask(tables, options);
    DebeziumRecords records = new DebeziumRecords(options);
    try {
      task.initialize(new PinnedOffset(properties, from));
      task.start(properties);
      while (!closing) {
        boolean last = task.isDisconnected(); // what was read before is still to come
        List<SourceRecord> polled = task.poll();
        Optional<Throwable> unreadable = task.unreadable();
        if (unreadable.isPresent()) {
          end(unreadable.get());
          return;
        }
        if (polled != null && !polled.isEmpty()) {
          for (SourceRecord record : polled) {
            take(records.event(record));
          }
        } else if (last && !closing) {
          throw new EOFException("the connection to the binlog has ended");
        }
      }
      ended.complete(null);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end(e);
    } catch (Throwable e) {
      end(e);
    } finally {
      stop(task);
    }
  }

  private void end(Throwable cause) {
    if (closing) {
      ended.complete(null);
    } else {
      ended.completeExceptionally(SchemaTrouble.named(cause));
    }
  }

  private void take(Optional<SourceEvent> event) throws InterruptedException {
    Optional<SourceTransaction> whole = event.flatMap(assembler::take);
    if (whole.isPresent() && !closing) {
      sink.take(whole.get());
    }
  }

  private void stop(ExactTask task) {
    synchronized (endingLock) {
      ending = true;
      Thread.interrupted(); // or the connections would not be closed in order
    }
    try {
      task.releaseReader();
      task.stop();
    } catch (RuntimeException e) {
      LOG.debug("closing {}: {}", thread.getName(), e.toString());
    }
  }

  @Override
  public CompletableFuture<Void> ended() {
    return ended;
  }

  @Override
  public void close() {
    closing = true;
    try {
      thread.join(NOTICE_WITHIN.toMillis());
      synchronized (endingLock) {
        // one that is ending is left alone: cut short, it would leave its reader and its JMX beans
        if (thread.isAlive() && !ending) {
          thread.interrupt();
        }
      }
      thread.join(CLOSE_WITHIN.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOG.warn("{} did not end within {}", thread.getName(), CLOSE_WITHIN);
    }
  }
}
