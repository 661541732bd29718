package io.homecell.sync.capture;

import io.homecell.sync.position.GtidSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;

/**
 * Answers Debezium's question where to start with the set of transactions that the target has.
 *
 * <p>A stored Debezium offset is not bound to a transaction: saved in the middle of one, it carries
 * counters of events to skip, and after a kill the rest of the transaction alone would be committed
 * under the whole transaction's identifier. So none is ever stored.
 */
final class PinnedOffset implements SourceTaskContext, OffsetStorageReader {
  private final Map<String, String> configuration;
  private final Map<String, Object> offset = new LinkedHashMap<>();

  PinnedOffset(Map<String, String> configuration, GtidSet from) {
    this.configuration = configuration;
    // the file is a formality: with identifiers the server looks for the place itself
    offset.put("ts_sec", 1L);
    offset.put("file", "binlog.000001");
    offset.put("pos", 4L);
    offset.put("gtids", from.toString());
  }

  @Override
  public Map<String, String> configs() {
    return configuration;
  }

  @Override
  public OffsetStorageReader offsetStorageReader() {
    return this;
  }

  @Override
  public @Nullable PluginMetrics pluginMetrics() {
    return null; // as under a Kafka Connect that is older than this interface; not asked for
  }

  @Override
  public <T> Map<String, Object> offset(Map<String, T> partition) {
    return offset;
  }

  @Override
  public <T> Map<Map<String, T>, Map<String, Object>> offsets(
      Collection<Map<String, T>> partitions) {
    Map<Map<String, T>, Map<String, Object>> all = new LinkedHashMap<>();
    partitions.forEach(partition -> all.put(partition, offset));
    return all;
  }
}
