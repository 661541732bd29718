package io.homecell.sync.throttle;

import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttling.Lag;
import io.homecell.sync.throttle.Throttling.Link;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads how far links are behind from the databases themselves: the newest beat of the source that
 * the target has, against the source's own clock. It depends on nothing else, and sees a pipeline
 * that is not run at all.
 *
 * <p>Not told of: a link with a server that is away, since waiting helps nobody then (it is asked
 * again after a while); one that has never carried a beat; one whose target is being loaded. For
 * one thread.
 */
final class LagReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LagReader.class);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(2);
  private static final Duration AWAY_FOR = Duration.ofSeconds(30);
  private static final String NOW =
      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";
  private static final String NEWEST_BEAT =
      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', MAX(at)) FROM homecell.hc_heartbeat"
          + " WHERE source_cell = ?"
          + " AND NOT EXISTS (SELECT 1 FROM homecell.hc_load WHERE phase <> 'DONE')";

  private final Map<String, Connection> open = new HashMap<>();
  private final Map<String, Long> awaySince = new HashMap<>();

  List<Lag> read(List<Link> links) {
    List<Lag> lags = new ArrayList<>();
    for (Link link : links) {
      // the beat first: its age is then too large by a round trip, and never too small
      Optional<Long> beat = ask(link.target(), there -> newestBeat(there, link.source().cell()));
      Optional<Long> now = beat.isEmpty() ? beat : ask(link.source(), LagReader::now);
      if (beat.isPresent() && now.isPresent()) {
        lags.add(
            new Lag(
                link.source().cell(),
                link.target().cell(),
                Duration.of(Math.max(0, now.get() - beat.get()), ChronoUnit.MICROS)));
      }
    }
    return lags;
  }

  private interface Question {
    Optional<Long> of(Connection connection) throws SQLException;
  }

  private Optional<Long> ask(CellDatabase cell, Question question) {
    Long since = awaySince.get(cell.cell());
    if (since != null && System.nanoTime() - since < AWAY_FOR.toNanos()) {
      return Optional.empty();
    }
    try {
      Connection connection = open.get(cell.cell());
      if (connection == null) {
        connection = cell.open(ANSWER_WITHIN);
        open.put(cell.cell(), connection);
      }
      Optional<Long> answer = question.of(connection);
      awaySince.remove(cell.cell());
      return answer;
    } catch (SQLException e) {
      LOG.debug("{} is not asked how late it is: {}", cell, e.toString());
      awaySince.put(cell.cell(), System.nanoTime());
      Optional.ofNullable(open.remove(cell.cell())).ifPresent(LagReader::closeQuietly);
      return Optional.empty();
    }
  }

  private static Optional<Long> now(Connection source) throws SQLException {
    try (Statement statement = source.createStatement();
        ResultSet row = statement.executeQuery(NOW)) {
      row.next();
      return Optional.of(row.getLong(1));
    }
  }

  private static Optional<Long> newestBeat(Connection target, String source) throws SQLException {
    try (PreparedStatement statement = target.prepareStatement(NEWEST_BEAT)) {
      statement.setString(1, source);
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        long micros = row.getLong(1);
        return row.wasNull() ? Optional.empty() : Optional.of(micros);
      }
    }
  }

  private static void closeQuietly(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("closing: {}", e.toString());
    }
  }

  @Override
  public void close() {
    open.values().forEach(LagReader::closeQuietly);
    open.clear();
  }
}
