package io.homecell.sync.pipeline;

import io.homecell.sync.capture.BinlogCapture;
import io.homecell.sync.capture.Capture;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.capture.DebeziumCapture;
import io.homecell.sync.capture.ServerChecks;
import io.homecell.sync.capture.TableDefinition;
import io.homecell.sync.capture.TransactionSink;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.position.CopyPosition;
import io.homecell.sync.position.GroupServers;
import io.homecell.sync.position.GtidSet;
import io.homecell.sync.position.ReplicationHaltedException;
import io.homecell.sync.position.StartPosition;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/**
 * What a pipeline does before it streams: it looks at both servers, reads from them where to begin,
 * and starts the capture there. Holds no connection and no state.
 */
final class StreamStart {
  private final PipelineSettings settings;

  StreamStart(PipelineSettings settings) {
    this.settings = settings;
  }

  Connection connectTarget() throws SQLException {
    return connect("target", settings.target());
  }

  /** Starts to read the source; what it takes out is heard, and goes to the target. */
  Capture capture(Begin begin, Heard heard, TransactionSink target) throws SQLException {
    GtidSet from = begin.position().from();
    TransactionSink sink = heard.around(sink(begin, target));
    return switch (settings.capture()) {
      case DEBEZIUM ->
          DebeziumCapture.start(
              settings.name(),
              settings.source(),
              settings.serverId(),
              from,
              tables(),
              settings.carried(),
              settings.transactionLimits(),
              sink);
      case BINLOG ->
          BinlogCapture.start(
              settings.name(),
              settings.source(),
              settings.serverId(),
              from,
              settings.carried(),
              settings.transactionLimits(),
              sink);
    };
  }

  /**
   * Where it starts.
   *
   * @param servers of the source's group, if only theirs are carried
   */
  record Begin(StartPosition position, Optional<GroupServers> servers) {}

  private TransactionSink sink(Begin begin, TransactionSink target) {
    return begin.servers().isPresent() && settings.carried() instanceof CarriedTables.Copies copies
        ? new CopySink(
            settings.source(),
            begin.servers().get(),
            begin.position(),
            copies.schemas(),
            settings.sourceLog(),
            target)
        : target;
  }

  /**
   * Compares both servers' settings with what replication needs.
   *
   * @throws ReplicationHaltedException naming every setting that is wrong
   */
  void requireSettings() throws SQLException {
    try (Connection target = connect("target", settings.target());
        Connection source = connect("source", settings.source())) {
      ServerChecks.requireTarget(settings.target(), target);
      ServerChecks.requireSource(settings.source(), source);
    }
  }

  /**
   * Where to begin.
   *
   * @param window what the source executed while it was copied to the target; empty without a load
   */
  Begin position(GtidSet window) throws SQLException {
    try (Connection target = connect("target", settings.target());
        Connection source = connect("source", settings.source())) {
      String from = settings.source().cell();
      String to = settings.target().cell();
      if (settings.carried() instanceof CarriedTables.Copies) {
        GroupServers servers = GroupServers.read(source);
        return new Begin(
            CopyPosition.read(from, source, to, target, servers), Optional.of(servers));
      }
      return new Begin(StartPosition.read(from, source, to, target, window), Optional.empty());
    }
  }

  /** Read behind the position: a schema change between the two is then seen once more, by name. */
  private List<TableDefinition> tables() throws SQLException {
    try (Connection target = connect("target", settings.target())) {
      return TableDefinition.readAll(target).stream()
          .filter(definition -> settings.carried().include(definition.table()))
          .toList();
    }
  }

  private static Connection connect(String what, CellDatabase cell) throws SQLException {
    try {
      return cell.open();
    } catch (SQLException e) {
      throw new SQLException(what + " " + cell + " is away: " + firstLine(e), e);
    }
  }

  /** The first line of a failure's words. */
  static String firstLine(Throwable e) {
    // a failure without words is told by its kind
    String message = e.getMessage() == null ? e.toString() : e.getMessage();
    return message.lines().findFirst().orElse("");
  }
}
