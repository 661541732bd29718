package io.homecell.sync.stranded;

import io.homecell.core.topology.Topology;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.stranded.StrandedStore.Kept;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks after what the cells of this datacenter have kept, again and again: an open transaction
 * that a third cell has kept goes to the owner of its slots, which alone can replay it; under the
 * policy {@code replay-clean} those that fit are replayed; settled ones are undone where their
 * changes still stand, see {@link StrandedUndo}. Each step may be done again, and by several at
 * once.
 *
 * <p>One thread. Proven by {@code UndoIT}.
 */
public final class StrandedRounds implements AutoCloseable {
  /** Who has decided on what the policy has replayed. */
  public static final String POLICY = "policy";

  private static final Logger LOG = LoggerFactory.getLogger(StrandedRounds.class);
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

  /** One that did not fit, or met a closed fence or no lease. */
  private static final Duration TRY_AGAIN_AFTER = Duration.ofMinutes(1);

  private final List<Keeper> keepers;
  private final Predicate<String> due;
  private final Topology.Stranded policy;
  private final Duration pause;
  private final Map<String, Instant> triedAgainAt = new HashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  /** A cell of this datacenter that may keep some, and all cells of its group by name. */
  public record Keeper(CellDatabase cell, Map<String, CellDatabase> group) {
    public Keeper {
      group = Map.copyOf(group);
    }
  }

  private StrandedRounds(
      List<Keeper> keepers, Predicate<String> due, Topology.Stranded policy, Duration pause) {
    this.keepers = List.copyOf(keepers);
    this.due = due;
    this.policy = policy;
    this.pause = pause;
    this.thread = new Thread(this::run, "stranded");
    this.thread.setDaemon(true);
  }

  /**
   * Starts.
   *
   * @param due whether this process is the one to look after a cell, by its name
   * @param pause between two rounds
   */
  public static StrandedRounds start(
      List<Keeper> keepers, Predicate<String> due, Topology.Stranded policy, Duration pause) {
    StrandedRounds rounds = new StrandedRounds(keepers, due, policy, pause);
    rounds.thread.start();
    return rounds;
  }

  private void run() {
    Map<String, String> troubles = new HashMap<>();
    try {
      while (!closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        for (Keeper keeper : keepers) {
          String name = keeper.cell().cell();
          if (due.test(name)) {
            String trouble = round(keeper);
            if (!trouble.equals(troubles.put(name, trouble)) && !trouble.isEmpty()) {
              LOG.info("{}: what is stranded is not looked after: {}", name, trouble);
            }
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private String round(Keeper keeper) throws InterruptedException {
    try {
      StrandedStore store = new StrandedStore(keeper.cell());
      List<Kept> open = store.open();
      if (!open.isEmpty()) {
        SortedSet<Integer> slots = new TreeSet<>();
        open.forEach(kept -> slots.addAll(kept.slots()));
        Map<Integer, String> owners = store.owners(slots);
        handOver(keeper, store, open, owners);
        if (policy == Topology.Stranded.REPLAY_CLEAN) {
          replayClean(keeper, store, open, owners);
        }
      }
      List<Kept> settled = store.toUndo();
      if (!settled.isEmpty()) {
        undo(keeper, store, settled);
      }
      return "";
    } catch (SQLException | RuntimeException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Whose slots have one owner, and that is another cell, go there. */
  private static void handOver(
      Keeper keeper, StrandedStore store, List<Kept> open, Map<Integer, String> owners)
      throws SQLException {
    for (Kept kept : open) {
      Set<String> all = ownersOf(kept, owners);
      Optional<CellDatabase> owner =
          all.size() == 1
              ? Optional.ofNullable(keeper.group().get(all.iterator().next()))
              : Optional.empty();
      boolean elsewhere =
          owner.filter(cell -> !cell.cell().equals(keeper.cell().cell())).isPresent();
      if (elsewhere && !owner.get().cell().equals(kept.sourceCell())) {
        store.handTo(new StrandedStore(owner.get()), kept.gtid());
        LOG.info("{} is given to {}, which owns its slots", kept.gtid(), owner.get());
      }
    }
  }

  /**
   * In the order in which they were committed, and none before all that its server had committed
   * earlier is here, or while another cell keeps one of its slots that it has not given yet. Once
   * one of a slot does not fit, those behind it in that slot are for a person, too, though they may
   * fit: what they follow from is missing. That stays so when the person has settled the first: it
   * is not undone before the last of the slot is.
   */
  private void replayClean(
      Keeper keeper, StrandedStore store, List<Kept> open, Map<Integer, String> owners)
      throws SQLException {
    Instant now = Instant.now();
    triedAgainAt.values().removeIf(now::isAfter);
    StrandedTransactions transactions = new StrandedTransactions(keeper.cell());
    Set<Integer> left = new HashSet<>();
    store.toUndoByPeople().forEach(kept -> left.addAll(kept.slots()));
    for (CellDatabase other : keeper.group().values()) {
      if (!other.equals(keeper.cell())) {
        left.addAll(new StrandedStore(other).undecided().keySet());
      }
    }
    for (Kept kept : open) {
      boolean follows = kept.slots().stream().anyMatch(left::contains);
      boolean owned = ownersOf(kept, owners).equals(Set.of(keeper.cell().cell()));
      boolean due = !follows && owned && !triedAgainAt.containsKey(kept.gtid());
      if (due && store.hasAllBefore(kept.gtid())) {
        try {
          transactions.replay(new Decision(kept.gtid(), POLICY, "replay-clean", false));
          LOG.info("{} of {} fits and is replayed", kept.gtid(), kept.sourceCell());
          continue;
        } catch (StrandedRefusedException e) {
          triedAgainAt.put(kept.gtid(), now.plus(TRY_AGAIN_AFTER));
          LOG.info("{} is not replayed: {}", kept.gtid(), e.getMessage());
        }
      }
      left.addAll(kept.slots());
    }
  }

  private static Set<String> ownersOf(Kept kept, Map<Integer, String> owners) {
    return kept.slots().stream()
        .map(slot -> owners.getOrDefault(slot, ""))
        .collect(Collectors.toSet());
  }

  /** None in a slot that an open one touches, in whichever cell that is kept. */
  private static void undo(Keeper keeper, StrandedStore store, List<Kept> settled)
      throws SQLException, InterruptedException {
    Map<Integer, String> undecided = new HashMap<>();
    for (CellDatabase cell : keeper.group().values()) {
      undecided.putAll(new StrandedStore(cell).undecided());
    }
    List<Kept> free = new ArrayList<>();
    for (Kept kept : settled) {
      Optional<Integer> shared =
          new TreeSet<>(kept.slots()).stream().filter(undecided::containsKey).findFirst();
      if (shared.isPresent()) {
        store.waits(
            kept.gtid(),
            "until " + undecided.get(shared.get()) + " of slot " + shared.get() + " is settled");
      } else {
        free.add(kept);
      }
    }
    new StrandedUndo(store, keeper.group()).run(free);
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
