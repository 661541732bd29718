package io.homecell.benchmarks.fence;

import com.mysql.cj.jdbc.JdbcConnection;
import com.mysql.cj.protocol.ServerSessionStateController;
import com.mysql.cj.protocol.ServerSessionStateController.ServerSessionStateChanges;
import com.mysql.cj.protocol.ServerSessionStateController.SessionStateChange;
import io.homecell.core.fence.WriteToken;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * What it costs that each commit tells its GTID ({@code session_track_gtids=OWN_GTID}), from which
 * the token of near reads is made: the transaction that places an order, ended by the commit step,
 * on connections that are told it and read it and on others that are not, in turn at one real
 * server. {@code OwnGtid} is how the product does it.
 */
@Command(name = "write-token-benchmark", mixinStandardHelpOptions = true)
public final class WriteTokenBenchmark implements Callable<Integer> {
  @Mixin private final Rounds rounds = new Rounds();

  private final LongAdder tokens = new LongAdder();

  /** Runs it. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new WriteTokenBenchmark()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    try (FencedServer server = FencedServer.start(rounds.folder)) {
      List<Connection> told =
          server.connections(
              rounds.connections, ",session_track_gtids='OWN_GTID'", "&trackSessionState=true");
      List<Connection> plain = server.connections(rounds.connections, "", "");
      for (boolean durable : List.of(true, false)) {
        server.durable(durable);
        rounds.measure(
            durable ? "durable" : "relaxed",
            new Rounds.Way("told", told, this::readingToken),
            new Rounds.Way(
                "not told", plain, (connection, id) -> OrderTransaction.run(connection, id, true)));
      }
    }
    System.out.printf("%d tokens were read%n", tokens.sum());
    return 0;
  }

  @SuppressWarnings("NullAway") // the driver's way to say that there is none
  private void readingToken(Connection connection, long id) throws SQLException {
    ServerSessionStateController state =
        connection.unwrap(JdbcConnection.class).getServerSessionStateController();
    state.setSessionStateChanges(null);
    OrderTransaction.run(connection, id, true);
    @Nullable ServerSessionStateChanges changes = state.getSessionStateChanges();
    if (changes == null) {
      throw new SQLException("the commit has told nothing (expected: its GTID)");
    }
    for (SessionStateChange change : changes.getSessionStateChangesList()) {
      if (change.getType() == ServerSessionStateController.SESSION_TRACK_GTIDS
          && WriteToken.parse(change.getValues().get(0)).isPresent()) {
        tokens.increment();
      }
    }
  }
}
