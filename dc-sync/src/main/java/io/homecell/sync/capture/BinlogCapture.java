package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.GtidSet;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Captures from the source's log itself, through the binlog client that Debezium is built on, and
 * reads rows with decoders of its own: several times as fast as {@link DebeziumCapture}.
 *
 * <p>A row is read by the shape that the log itself gives for it (column names, signs, charsets,
 * members: {@code binlog_row_metadata=FULL}), so nothing needs to be known about the source's
 * tables, now or then: rows that are older than a change of their table are read right, too
 * (BinlogCaptureIT).
 *
 * <p>It starts from a set of executed transactions and does not reconnect: a lost connection ends
 * it, and the pipeline starts a new one from a new position. A source that is silent for {@link
 * #SILENCE_MAX} is lost; an idle one sends heartbeats. One thread reads, decodes and hands over; as
 * long as the sink has no room it reads nothing, and the source waits.
 */
public final class BinlogCapture implements Capture {
  private static final Logger LOG = LoggerFactory.getLogger(BinlogCapture.class);
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final Duration SILENCE_MAX = Duration.ofSeconds(20);

  /** How long the source keeps the connection while the target has no room. */
  private static final Duration FULL_MAX = Duration.ofMinutes(10);

  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(20);

  /** How long a thread that waits for the sink may take to see that the capture is closing. */
  private static final Duration NOTICE_WITHIN = Duration.ofSeconds(1);

  static {
    BinlogClientLog.quieten();
  }

  private final CellDatabase source;
  private final BinaryLogClient client;
  private final CarriedTables carried;
  private final TransactionAssembler assembler;
  private final TransactionSink sink;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private final Thread thread;
  private @Nullable BinlogEvents events;
  private @Nullable Throwable failure;
  private volatile @Nullable Socket socket;
  private volatile boolean closing;

  private BinlogCapture(
      String name,
      CellDatabase source,
      int serverId,
      GtidSet from,
      CarriedTables carried,
      TransactionAssembler.Limits limits,
      TransactionSink sink) {
    this.source = source;
    this.client =
        new BinaryLogClient(
            source.mysql().host(),
            source.mysql().port(),
            source.replication().user(),
            source.replication().password());
    client.setServerId(serverId);
    client.setGtidSet(from.toString());
    this.carried = carried;
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
   * @param carried whose rows are wanted
   */
  public static BinlogCapture start(
      String name,
      CellDatabase source,
      int serverId,
      GtidSet from,
      CarriedTables carried,
      TransactionAssembler.Limits limits,
      TransactionSink sink) {
    BinlogCapture capture = new BinlogCapture(name, source, serverId, from, carried, limits, sink);
    capture.prepareClient();
    capture.thread.start();
    return capture;
  }

  private void prepareClient() {
    client.setEventDeserializer(new RawEvents());
    client.setSSLMode(SSLMode.DISABLED);
    client.setKeepAlive(false); // or it would reconnect
    client.setConnectTimeout(CONNECT_WITHIN.toMillis());
    client.setHeartbeatInterval(HEARTBEAT.toMillis());
    client.setNetWriteTimeout(FULL_MAX.toSeconds());
    client.setSocketFactory(this::newSocket);
    client.registerEventListener(this::take);
    client.registerLifecycleListener(
        new BinaryLogClient.AbstractLifecycleListener() {
          @Override
          public void onCommunicationFailure(BinaryLogClient from, Exception e) {
            fail(e);
          }

          @Override
          public void onEventDeserializationFailure(BinaryLogClient from, Exception e) {
            fail(e); // it would go on with the next event
          }
        });
  }

  private Socket newSocket() throws SocketException {
    Socket fresh = new Socket();
    fresh.setSoTimeout((int) SILENCE_MAX.toMillis());
    socket = fresh;
    if (closing) {
      throw new SocketException("the capture is closed");
    }
    return fresh;
  }

  private void run() {
    try {
      events = new BinlogEvents(new TableMaps(Collations.charsets(source)), carried);
      client.connect(); // returns when the connection has ended
    } catch (Throwable e) {
      fail(e);
    }
    if (closing) {
      ended.complete(null);
    } else {
      ended.completeExceptionally(
          Optional.ofNullable(failure)
              .orElseGet(() -> new IOException("the source closed the connection")));
    }
  }

  private void take(Event event) {
    BinlogEvents reader = events;
    if (closing || failure != null || reader == null) {
      return;
    }
    try {
      for (SourceEvent read : reader.read(event)) {
        Optional<SourceTransaction> whole = assembler.take(read);
        if (whole.isPresent() && !closing) {
          sink.take(whole.get());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      fail(e);
    } catch (Throwable e) {
      fail(e);
    }
  }

  /** On the capture's thread: remembers the first cause, and lets the client end. */
  private void fail(Throwable cause) {
    if (failure == null) {
      failure = cause;
    }
    cut();
  }

  private void cut() {
    Socket open = socket;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.debug("closing {}: {}", thread.getName(), e.toString());
      }
    }
  }

  @Override
  public CompletableFuture<Void> ended() {
    return ended;
  }

  @Override
  public void close() {
    closing = true;
    cut();
    try {
      thread.join(NOTICE_WITHIN.toMillis());
      if (thread.isAlive()) {
        thread.interrupt();
        thread.join(CLOSE_WITHIN.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOG.warn("{} did not end within {}", thread.getName(), CLOSE_WITHIN);
    }
  }
}
