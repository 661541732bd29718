package io.homecell.core.id;

import io.homecell.core.mysql.MysqlUrl;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The cell's table of node numbers ({@code homecell.hc_node}), through its procedures, over one
 * connection that is opened when it is needed and dropped when it fails. For one thread.
 */
final class NodeTable implements AutoCloseable {
  /** A cell has this many numbers: one for each instance of its services, and some to spare. */
  static final int NODES_OF_A_CELL = 32;

  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(2);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(4);

  private final String url;
  private final Credentials credentials;
  private final String holder;
  private final int firstNode;
  private @Nullable Connection connection;

  /**
   * @param ordinal the cell's place among the sorted names of the topology's cells
   * @param holder unique to this start of this process
   */
  NodeTable(Topology.Endpoint mysql, Credentials credentials, int ordinal, String holder) {
    if (ordinal < 0 || ordinal >= IdLayout.NODES / NODES_OF_A_CELL) {
      throw new IllegalArgumentException("cell ordinal: " + ordinal + " (expected: 0 to 31)");
    }
    this.url = MysqlUrl.of(mysql, "homecell", CONNECT_WITHIN, ANSWER_WITHIN);
    this.credentials = credentials;
    this.holder = holder;
    this.firstNode = ordinal * NODES_OF_A_CELL;
  }

  /** The place of a cell's name among the sorted names of the topology's cells. */
  static int ordinal(Topology topology, String cell) {
    return topology.cells().keySet().stream().sorted().toList().indexOf(topology.cell(cell).name());
  }

  /** A new grant; empty if every number of the cell is held. */
  Optional<NodeGrant> claim(long tick, long ahead, Duration expiry) throws SQLException {
    return call(
        "CALL hc_node_claim(?, ?, ?, ?, ?, ?)",
        statement -> {
          statement.setInt(1, firstNode);
          statement.setInt(2, firstNode + NODES_OF_A_CELL - 1);
          statement.setString(3, holder);
          statement.setLong(4, tick);
          statement.setLong(5, ahead);
          statement.setLong(6, expiry.toMillis());
        },
        row ->
            new NodeGrant(row.getInt("node"), row.getLong("from_tick"), row.getLong("until_tick")));
  }

  /** Where a grant now ends; empty if another holder has its number. */
  OptionalLong extend(NodeGrant grant, long tick, long ahead, Duration expiry) throws SQLException {
    Optional<Long> until =
        call(
            "CALL hc_node_extend(?, ?, ?, ?, ?)",
            statement -> {
              statement.setInt(1, grant.node());
              statement.setString(2, holder);
              statement.setLong(3, tick);
              statement.setLong(4, ahead);
              statement.setLong(5, expiry.toMillis());
            },
            row -> row.getLong("until_tick"));
    return until.map(OptionalLong::of).orElse(OptionalLong.empty());
  }

  /** Lets another have the number of a grant that is used no more. */
  void giveBack(NodeGrant grant) throws SQLException {
    extend(grant, 0, 0, Duration.ZERO);
  }

  @FunctionalInterface
  private interface Binder {
    void bind(PreparedStatement statement) throws SQLException;
  }

  @FunctionalInterface
  private interface Reader<T> {
    T read(ResultSet row) throws SQLException;
  }

  private <T> Optional<T> call(String sql, Binder binder, Reader<T> reader) throws SQLException {
    Connection open = connection;
    if (open == null) {
      open = DriverManager.getConnection(url, credentials.user(), credentials.password());
      connection = open;
    }
    try (PreparedStatement statement = open.prepareStatement(sql)) {
      binder.bind(statement);
      if (!statement.execute()) {
        return Optional.empty();
      }
      try (ResultSet row = statement.getResultSet()) {
        return row.next() ? Optional.of(reader.read(row)) : Optional.empty();
      }
    } catch (SQLException e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException alreadyBroken) {
        // it is given up either way
      }
    }
  }
}
