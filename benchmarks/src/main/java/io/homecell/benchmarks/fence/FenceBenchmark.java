package io.homecell.benchmarks.fence;

import java.sql.Connection;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * What fence and lease cost: the transaction that places an order, ended by {@code CALL hc_commit}
 * and by {@code COMMIT}, in turn at one real server.
 */
@Command(name = "fence-benchmark", mixinStandardHelpOptions = true)
public final class FenceBenchmark implements Callable<Integer> {
  @Mixin private final Rounds rounds = new Rounds();

  /** Runs it. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new FenceBenchmark()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    try (FencedServer server = FencedServer.start(rounds.folder)) {
      List<Connection> connections = server.connections(rounds.connections, "", "");
      for (boolean durable : List.of(true, false)) {
        server.durable(durable);
        rounds.measure(
            durable ? "durable" : "relaxed",
            new Rounds.Way(
                "fenced",
                connections,
                (connection, id) -> OrderTransaction.run(connection, id, true)),
            new Rounds.Way(
                "unfenced",
                connections,
                (connection, id) -> OrderTransaction.run(connection, id, false)));
      }
    }
    return 0;
  }
}
