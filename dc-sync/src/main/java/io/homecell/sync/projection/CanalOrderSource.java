package io.homecell.sync.projection;

import com.alibaba.otter.canal.client.impl.SimpleCanalConnector;
import com.alibaba.otter.canal.protocol.CanalEntry;
import com.alibaba.otter.canal.protocol.Message;
import com.google.protobuf.InvalidProtocolBufferException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The changes of {@code trade.orders} in one cell's binlog, read with Canal's own client from the
 * cell's Canal server. A batch that was not acknowledged comes again after a reconnect: at least
 * once. Not safe for several threads.
 */
final class CanalOrderSource implements AutoCloseable {
  private static final String TABLE = "trade\\.orders";
  private static final int ENTRIES_AT_MOST = 500;
  private static final int SO_TIMEOUT_MILLIS = 10_000;

  /** Row images of one batch, in binlog order. */
  record Batch(long id, List<OrderImage> orders) {}

  private final SimpleCanalConnector connector;

  private CanalOrderSource(SimpleCanalConnector connector) {
    this.connector = connector;
  }

  /**
   * Connects and subscribes; what was fetched before and not acknowledged comes again.
   *
   * @throws com.alibaba.otter.canal.protocol.exception.CanalClientException if it can't
   */
  static CanalOrderSource connect(InetSocketAddress server, String cell) {
    SimpleCanalConnector connector =
        new SimpleCanalConnector(server, "", "", cell, SO_TIMEOUT_MILLIS);
    connector.connect();
    connector.subscribe(TABLE);
    connector.rollback();
    return new CanalOrderSource(connector);
  }

  /** Waits for changes; a batch without any after the time given. */
  Batch next(Duration atMost) {
    Message message =
        connector.getWithoutAck(ENTRIES_AT_MOST, atMost.toMillis(), TimeUnit.MILLISECONDS);
    List<OrderImage> orders = new ArrayList<>();
    for (CanalEntry.Entry entry : message.getEntries()) {
      if (entry.getEntryType() == CanalEntry.EntryType.ROWDATA) {
        addOrders(entry, orders);
      }
    }
    return new Batch(message.getId(), orders);
  }

  private static void addOrders(CanalEntry.Entry entry, List<OrderImage> orders) {
    CanalEntry.RowChange change;
    try {
      change = CanalEntry.RowChange.parseFrom(entry.getStoreValue());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(
          "canal entry at "
              + entry.getHeader().getLogfileName()
              + ":"
              + entry.getHeader().getLogfileOffset()
              + " can't be parsed",
          e);
    }
    if (change.getIsDdl() || change.getEventType() == CanalEntry.EventType.DELETE) {
      return;
    }
    for (CanalEntry.RowData row : change.getRowDatasList()) {
      Map<String, String> columns = new HashMap<>();
      for (CanalEntry.Column column : row.getAfterColumnsList()) {
        if (!column.getIsNull()) {
          columns.put(column.getName(), column.getValue());
        }
      }
      orders.add(OrderImage.ofColumns(columns));
    }
  }

  /** Tells the server that a batch is done for good: it will not come again. */
  void acknowledge(Batch batch) {
    if (batch.id() >= 0) {
      connector.ack(batch.id());
    }
  }

  @Override
  public void close() {
    connector.disconnect();
  }
}
