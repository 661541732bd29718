package io.homecell.sync.ddl;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import com.github.shyiko.mysql.binlog.event.Event;
import com.github.shyiko.mysql.binlog.event.EventType;
import com.github.shyiko.mysql.binlog.event.GtidEventData;
import com.github.shyiko.mysql.binlog.event.deserialization.EventDeserializer;
import com.github.shyiko.mysql.binlog.network.SSLMode;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.Gtid;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.ReplicationHaltedException.Reason;
import io.homecell.sync.position.StartPosition;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Reads one statement out of the source's log, by its identifier.
 *
 * <p>Debezium hands on what it understood of a statement, one record for each table, without the
 * session's settings; what is run at the target must be the statement itself, in one piece. So it
 * is asked for once more, by a second, short connection that says it has everything else.
 *
 * @param serverId a replica's server id that no other client of this source uses
 */
public record SourceLog(CellDatabase source, int serverId) implements SchemaStatements {
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);
  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(3);

  @Override
  public SchemaStatement read(Gtid gtid) throws SQLException {
    GtidSet allElse;
    try (Connection connection = source.open()) {
      GtidSet executed = StartPosition.executed(connection);
      if (!executed.contains(gtid)) {
        throw new SQLException(source + " has not executed " + gtid);
      }
      GtidSet one = new GtidSet();
      one.add(gtid);
      allElse = executed.subtract(one);
    }
    BinaryLogClient client = client(allElse);
    Search search = new Search(gtid, client);
    client.registerEventListener(search::take);
    try {
      client.connect();
    } catch (IOException e) {
      if (search.found == null) {
        throw new SQLException(
            source + ": " + gtid + " can't be read from its log: " + e.getMessage(), e);
      }
    }
    return statement(gtid, search.found);
  }

  private BinaryLogClient client(GtidSet allElse) {
    BinaryLogClient client =
        new BinaryLogClient(
            source.mysql().host(),
            source.mysql().port(),
            source.replication().user(),
            source.replication().password());
    EventDeserializer deserializer = new EventDeserializer();
    deserializer.setEventDataDeserializer(EventType.QUERY, QueryEvent.reader());
    client.setEventDeserializer(deserializer);
    client.setServerId(serverId);
    client.setGtidSet(allElse.toString());
    client.setSSLMode(SSLMode.DISABLED);
    client.setKeepAlive(false);
    client.setConnectTimeout(CONNECT_WITHIN.toMillis());
    client.setSocketFactory(SourceLog::socket);
    return client;
  }

  private static Socket socket() throws SocketException {
    Socket socket = new Socket();
    socket.setSoTimeout((int) ANSWER_WITHIN.toMillis());
    return socket;
  }

  private static SchemaStatement statement(Gtid gtid, @Nullable QueryEvent event) {
    if (event == null) {
      throw new ReplicationHaltedException(
          Reason.UNSEEN_TRANSACTION,
          gtid,
          "was not seen by the capture, and has no statement; close it at the target with cellctl"
              + " sync ddl skip");
    }
    if (!event.isTextExact() || event.session().isEmpty()) {
      throw new ReplicationHaltedException(
          Reason.SCHEMA_CHANGE,
          gtid,
          "is in a character set other than utf8, or carries settings that are not known; run the"
              + " same change at the target under this identifier");
    }
    return new SchemaStatement(
        gtid, event.getDatabase(), event.getSql(), event.session().orElseThrow());
  }

  /** Looks at events until the wanted transaction's first statement, or its end. */
  private static final class Search {
    private final Gtid wanted;
    private final BinaryLogClient client;
    private boolean inside;
    private @Nullable QueryEvent found;

    Search(Gtid wanted, BinaryLogClient client) {
      this.wanted = wanted;
      this.client = client;
    }

    void take(Event event) {
      Object data = event.getData();
      if (data instanceof GtidEventData gtid) {
        if (inside) {
          end();
        }
        inside = Gtid.parse(gtid.getMySqlGtid().toString()).equals(wanted);
      } else if (inside && data instanceof QueryEvent query) {
        String sql = query.getSql().strip().toUpperCase(Locale.ROOT);
        if (!sql.equals("BEGIN") && !sql.equals("COMMIT")) {
          found = query;
          end();
        }
      }
    }

    private void end() {
      inside = false;
      try {
        client.disconnect();
      } catch (IOException e) {
        // it was about to be closed
      }
    }
  }
}
