package io.homecell.coordinator.steps;

import io.homecell.coordinator.cells.CellConnections;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.operation.Event.Failure;
import io.homecell.coordinator.operation.Move;
import io.homecell.core.fence.FenceConflictException;
import io.homecell.core.fence.FenceRows;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.Function;

/** CLOSE, DRAIN, OPEN and REOPEN: the fence rows in the cells' databases, all cells at once. */
final class FenceSteps {
  private static final Duration RETRY_PAUSE = Duration.ofMillis(200);
  private static final Duration DEADLOCK_PAUSE = Duration.ofMillis(5);
  private static final Duration DRAIN_POLL = Duration.ofMillis(5);

  /** A change of one cell's rows. */
  private interface Change {
    void on(Connection connection) throws SQLException;
  }

  private final CellConnections connections;
  private final CellReader reader;
  private final Executor threads;
  private final StepLimits limits;

  FenceSteps(CellConnections connections, CellReader reader, Executor threads, StepLimits limits) {
    this.connections = connections;
    this.reader = reader;
    this.threads = threads;
    this.limits = limits;
  }

  String close(List<Move> moves, Stop stop) {
    return each(
        moves,
        move -> {
          change(
              move.source(),
              limits.close(),
              stop,
              connection -> FenceRows.over(connection).close(move.source(), move.epochsBefore()));
          return move.source() + " closed " + move.size();
        });
  }

  String open(List<Move> moves, Stop stop) {
    return each(
        moves,
        move -> {
          change(
              move.target(),
              limits.open(),
              stop,
              connection -> FenceRows.over(connection).open(move.target(), move.openEpochs()));
          return move.target() + " opened " + move.size();
        });
  }

  String reopen(List<Move> moves, Stop stop) {
    return each(
        moves,
        move -> {
          change(
              move.source(),
              limits.reopen(),
              stop,
              connection -> FenceRows.over(connection).open(move.source(), move.openEpochs()));
          return move.source() + " opened " + move.size();
        });
  }

  String drain(List<Move> moves, Stop stop) {
    return each(moves, move -> drain(move, stop));
  }

  /**
   * The closed rows travel behind the data, so their arrival alone is the proof; that everything
   * which the source had executed has arrived is checked too, as long as it can be asked.
   */
  private String drain(Move move, Stop stop) {
    long began = System.nanoTime();
    String executed;
    try {
      executed = reader.gtidExecuted(move.source());
    } catch (SQLException e) {
      executed = "";
    }
    String sourceSet = executed;
    String last = "";
    while (true) {
      try {
        boolean closed =
            connections.with(
                move.target(),
                connection ->
                    FenceRows.over(connection).areClosed(move.source(), move.closedEpochs()));
        String missing = closed ? reader.missing(move.target(), sourceSet) : "";
        if (closed && missing.isEmpty()) {
          return move.target()
              + " has everything"
              + (sourceSet.isEmpty() ? " (by its rows; the source does not answer)" : "");
        }
        last = closed ? "lacks " + missing : "lacks closed rows of " + move.source();
      } catch (SQLException e) {
        last = "does not answer: " + CellReader.reason(e);
      }
      if (Stop.left(began, limits.drain()).isZero()) {
        throw new StepFailedException(
            Failure.UNREACHABLE,
            move.target() + " " + last + " after " + limits.drain().toMillis() + " ms");
      }
      stop.pause(DRAIN_POLL);
    }
  }

  private void change(String cell, Duration limit, Stop stop, Change change) {
    long began = System.nanoTime();
    while (true) {
      SQLException failure;
      try {
        connections.with(
            cell,
            connection -> {
              change.on(connection);
              return true;
            });
        return;
      } catch (FenceConflictException e) {
        throw new StepFailedException(Failure.CONFLICT, cell + ": " + e.getMessage());
      } catch (SQLException e) {
        failure = e;
      }
      if (Stop.left(began, limit).isZero()) {
        throw new StepFailedException(
            Failure.UNREACHABLE, cell + " does not take the change: " + CellReader.reason(failure));
      }
      // A transaction over several slots may have locked them in another order.
      boolean deadlock = "40001".equals(failure.getSQLState());
      stop.pause(deadlock ? DEADLOCK_PAUSE : RETRY_PAUSE);
    }
  }

  /** All moves at once; the first failure counts when all have ended. */
  private String each(List<Move> moves, Function<Move, String> step) {
    if (moves.size() == 1) {
      return step.apply(moves.get(0));
    }
    List<CompletableFuture<String>> all = new ArrayList<>();
    moves.forEach(move -> all.add(CompletableFuture.supplyAsync(() -> step.apply(move), threads)));
    RuntimeException failure = null;
    List<String> details = new ArrayList<>();
    for (CompletableFuture<String> one : all) {
      try {
        details.add(one.join());
      } catch (CompletionException e) {
        RuntimeException cause = e.getCause() instanceof RuntimeException known ? known : e;
        boolean worse =
            failure == null
                || (cause instanceof StepFailedException step2
                    && step2.failure() == Failure.CONFLICT);
        failure = worse ? cause : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return String.join(", ", details);
  }
}
