package io.homecell.sync.position;

import io.homecell.core.json.Json;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.apache.kafka.connect.runtime.WorkerConfig;
import org.apache.kafka.connect.storage.OffsetBackingStore;
import org.apache.kafka.connect.util.Callback;

/**
 * Answers Debezium's question where to start with the {@link StartPosition} of this start, and
 * forgets what Debezium wants to keep.
 *
 * <p>A stored Debezium offset is not bound to a transaction: saved in the middle of one, it carries
 * counters of events to skip, and after a kill the rest of the transaction alone would be committed
 * under the whole transaction's identifier. Loaded by Debezium by its class name.
 */
public final class PinnedOffset implements OffsetBackingStore {
  /** The property that carries the set of executed transactions to start from. */
  public static final String START_PROPERTY = "homecell.start";

  private String value = "";

  /** For Debezium. */
  public PinnedOffset() {}

  @Override
  public void configure(WorkerConfig config) {
    Map<String, Object> offset = new LinkedHashMap<>();
    offset.put("ts_sec", 1);
    offset.put("file", "binlog.000001");
    offset.put("pos", 4);
    offset.put("gtids", config.originalsStrings().get(START_PROPERTY));
    value = Json.write(offset);
  }

  @Override
  public Future<Map<ByteBuffer, ByteBuffer>> get(Collection<ByteBuffer> keys) {
    Map<ByteBuffer, ByteBuffer> found = new HashMap<>();
    keys.forEach(key -> found.put(key, ByteBuffer.wrap(value.getBytes(StandardCharsets.UTF_8))));
    return CompletableFuture.completedFuture(found);
  }

  @Override
  public Future<Void> set(Map<ByteBuffer, ByteBuffer> values, Callback<Void> callback) {
    if (callback != null) {
      callback.onCompletion(null, null);
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public Set<Map<String, Object>> connectorPartitions(String connectorName) {
    return Set.of();
  }

  @Override
  public void start() {
    // nothing to open
  }

  @Override
  public void stop() {
    // nothing to close
  }
}
