package io.homecell.sync.verify;

import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.coordination.DatacenterState;
import io.homecell.core.coordination.DatacenterStates;
import io.homecell.core.coordination.ReturnProof;
import io.homecell.core.coordination.ReturnProofs;
import io.homecell.core.topology.Topology;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.verify.RepairApi.Pair;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compares each cell of a datacenter that is declared lost and has come back with the cells that
 * own its slots now, unasked, as soon as every stranded transaction of it is settled and undone.
 * What is found is written as a {@link ReturnProof}: without one that is clean and about this very
 * return, the cell does not own again. One that is not clean is made again after a pause.
 *
 * <p>One thread. Proven by {@code UndoIT}.
 */
public final class ReturnRounds implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReturnRounds.class);
  private static final Duration WITHIN = Duration.ofHours(1);
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

  /** Five times as long as it took, and no less than this. */
  private static final Duration AGAIN_AFTER = Duration.ofSeconds(10);

  private final Topology topology;
  private final List<Pair> pairs;
  private final Predicate<String> due;
  private final DatacenterStates states;
  private final ReturnProofs proofs;
  private final Duration pause;
  private final Map<String, Instant> notBefore = new HashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  private ReturnRounds(
      Topology topology,
      List<Pair> pairs,
      Predicate<String> due,
      DatacenterStates states,
      ReturnProofs proofs,
      Duration pause) {
    this.topology = topology;
    this.pairs = List.copyOf(pairs);
    this.due = due;
    this.states = states;
    this.proofs = proofs;
    this.pause = pause;
    this.thread = new Thread(this::run, "returns");
    this.thread.setDaemon(true);
  }

  /**
   * Starts.
   *
   * @param due whether this process runs the pipeline of a name, and it is up with its source
   * @param pause between two looks
   */
  public static ReturnRounds start(
      Topology topology,
      List<Pair> pairs,
      Predicate<String> due,
      DatacenterStates states,
      ReturnProofs proofs,
      Duration pause) {
    ReturnRounds rounds = new ReturnRounds(topology, pairs, due, states, proofs, pause);
    rounds.thread.start();
    return rounds;
  }

  private void run() {
    try {
      while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        for (Pair pair : pairs) {
          if (!pair.isOneWay() && due.test(pair.name())) {
            look(pair);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void look(Pair pair) throws InterruptedException {
    String returned = pair.source().cell();
    String owner = pair.target().cell();
    try {
      DatacenterState state = states.read(topology.cell(returned).datacenter());
      Optional<Map<String, Long>> undone = state.isLost() ? settled(pair) : Optional.empty();
      if (undone.isEmpty()) {
        return;
      }
      Optional<ReturnProof> known =
          proofs.read(returned, owner).filter(one -> one.isAbout(state.epoch(), undone.get()));
      boolean proven = known.isPresent() && known.get().objection().isEmpty();
      boolean tooEarly =
          known.isPresent()
              && Instant.now().isBefore(notBefore.getOrDefault(pair.name(), Instant.EPOCH));
      if (proven || tooEarly) {
        return;
      }
      prove(pair, state.epoch(), undone.get());
    } catch (SQLException | CoordinationException e) {
      LOG.debug("{} is not compared with {}: {}", returned, owner, e.getMessage());
    }
  }

  private void prove(Pair pair, long lostEpoch, Map<String, Long> undone)
      throws SQLException, InterruptedException {
    VerifyResult result = pair.verification().run(Scope.ALL, WITHIN, Pace.ASKED_FOR);
    ReturnProof proof =
        new ReturnProof(
            lostEpoch,
            undone,
            result.differing(),
            result.tables().stream()
                .filter(TableResult::isOpen)
                .mapToLong(table -> Math.max(1, table.undecided()))
                .sum(),
            result.tables().stream()
                .filter(table -> !table.isOpen())
                .flatMap(
                    table -> table.notCompared().stream().map(why -> table.table() + ": " + why))
                .toList(),
            result.endedAt());
    proofs.write(pair.source().cell(), pair.target().cell(), proof);
    Duration took = Duration.between(result.startedAt(), result.endedAt());
    Duration rest = took.multipliedBy(5);
    notBefore.put(
        pair.name(), result.endedAt().plus(rest.compareTo(AGAIN_AFTER) > 0 ? rest : AGAIN_AFTER));
    LOG.info(
        "{} has returned and was compared with {} in {} ms: {}",
        pair.source().cell(),
        pair.target().cell(),
        took.toMillis(),
        proof.objection().orElse("equal"));
  }

  /**
   * How many of its stranded transactions each cell that can be asked has seen undone; empty while
   * one is open or not undone yet, or while the owner or the returned cell can't be asked.
   */
  private static Optional<Map<String, Long>> settled(Pair pair) throws SQLException {
    Map<String, Long> undone = new HashMap<>();
    for (CellDatabase cell : pair.group()) {
      try (Connection connection = cell.open();
          PreparedStatement query =
              connection.prepareStatement(
                  "SELECT COUNT(undone_at), COUNT(*) FROM homecell.hc_stranded"
                      + " WHERE source_cell = ?")) {
        query.setString(1, pair.source().cell());
        try (ResultSet row = query.executeQuery()) {
          row.next();
          if (row.getLong(1) < row.getLong(2)) {
            return Optional.empty();
          }
          undone.put(cell.cell(), row.getLong(1));
        }
      } catch (SQLException e) {
        if (cell.equals(pair.source()) || cell.equals(pair.target())) {
          throw e;
        }
        LOG.debug("{} can't be asked for what it keeps: {}", cell, e.getMessage());
      }
    }
    return Optional.of(undone);
  }

  @Override
  public void close() {
    closed.countDown();
    thread.interrupt();
    try {
      thread.join(CLOSE_WITHIN.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
