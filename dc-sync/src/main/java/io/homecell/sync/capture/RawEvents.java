package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventData;
import com.github.shyiko.mysql.binlog.event.EventHeader;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.FormatDescriptionEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.EventHeaderV4Deserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.FormatDescriptionEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.GtidEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.QueryEventDataDeserializer;
import com.github.shyiko.mysql.binlog.event.deserialization.RotateEventDataDeserializer;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/**
 * Takes events from the binlog client as bytes; only those that the client itself looks into are
 * read by it. So nothing fails while it reads: the client passes over an event that can't be read.
 */
final class RawEvents extends EventDeserializer {
  private int checksumLength;

  RawEvents() {
    super(new EventHeaderV4Deserializer(), RawEvents::body, readByClient(), new HashMap<>());
  }

  private static EventData body(ByteArrayInputStream in) throws IOException {
    return new RawEvent(in.read(in.available()));
  }

  @SuppressWarnings("rawtypes") // as the client's constructor has it
  private static Map<EventType, EventDataDeserializer> readByClient() {
    Map<EventType, EventDataDeserializer> readers = new EnumMap<>(EventType.class);
    readers.put(EventType.FORMAT_DESCRIPTION, new FormatDescriptionEventDataDeserializer());
    readers.put(EventType.ROTATE, new RotateEventDataDeserializer());
    readers.put(EventType.GTID, new GtidEventDataDeserializer());
    readers.put(EventType.QUERY, new QueryEventDataDeserializer());
    return readers;
  }

  @Override
  public Event nextEvent(ByteArrayInputStream in) throws IOException {
    Event event = super.nextEvent(in);
    if (event != null && event.getData() instanceof FormatDescriptionEventData format) {
      checksumLength = format.getChecksumType().getLength();
    }
    return event;
  }

  /** The client would read it by a reader of its own as well. */
  @Override
  public EventData deserializeTableMapEventData(ByteArrayInputStream in, EventHeader header)
      throws IOException {
    return withoutChecksum(in, header);
  }

  /** The client would unpack it. */
  @Override
  public EventData deserializeTransactionPayloadEventData(
      ByteArrayInputStream in, EventHeader header) throws IOException {
    return withoutChecksum(in, header);
  }

  private RawEvent withoutChecksum(ByteArrayInputStream in, EventHeader header) throws IOException {
    byte[] body = in.read((int) header.getDataLength() - checksumLength);
    in.read(checksumLength);
    return new RawEvent(body);
  }
}
