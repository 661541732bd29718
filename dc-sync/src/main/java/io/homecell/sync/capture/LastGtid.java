package io.homecell.sync.capture;

import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.GtidEventDataDeserializer;
import com.github.shyiko.mysql.binlog.io.ByteArrayInputStream;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.ReplicationHaltedException;
import java.io.IOException;
import java.util.Optional;

/** Remembers whose events are being read, so that one that can't be is named. For one thread. */
final class LastGtid extends GtidEventDataDeserializer {
  private Optional<Gtid> last = Optional.empty();

  @Override
  public GtidEventData deserialize(ByteArrayInputStream in) throws IOException {
    GtidEventData event = super.deserialize(in);
    last = Optional.of(Gtid.parse(event.getMySqlGtid().toString()));
    return event;
  }

  ReplicationHaltedException name(ReplicationHaltedException failure) {
    return last.map(failure::at).orElse(failure);
  }
}
