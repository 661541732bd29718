package io.homecell.sync;

import static io.homecell.sync.Cells.NORTH;
import static io.homecell.sync.Cells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.topology.Topology;
import io.homecell.local.LocalZookeeper;
import io.homecell.local.ManagedProcess;
import io.homecell.sync.position.GtidSet;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Any process is killed or stopped for a while, at random, while both cells are written. For longer
 * than in a build: {@code -Dhomecell.faults.seconds=300}; the same faults again: {@code
 * -Dhomecell.faults.seed=N}.
 */
@Timeout(1_200)
class FaultsIT {
  private static final int SECONDS = Integer.getInteger("homecell.faults.seconds", 10);
  private static final long SEED =
      Long.getLong("homecell.faults.seed", System.nanoTime() % 100_000);
  private static final int WRITERS = 3;

  private enum Victim {
    SYNC_NORTH,
    SYNC_SOUTH,
    MYSQL_NORTH,
    MYSQL_SOUTH,
    ZOOKEEPER
  }

  private final Random random = new Random(SEED);
  private final Map<String, Integer> done = new TreeMap<>();
  private String last = "";
  private Duration longest = Duration.ZERO;
  private String longestAfter = "";
  private Path folder;
  private Cells cells;
  private LocalZookeeper zookeeper;
  private SyncProcess north;
  private SyncProcess south;

  @Test
  void whateverIsKilledOrStoppedNothingIsLostOrRepeated(@TempDir Path place) throws Exception {
    folder = place;
    cells = TwoCells.start(folder);
    try {
      startZookeeper();
      north = new SyncProcess(cells, "north", folder.resolve("sync-north"));
      south = new SyncProcess(cells, "south", folder.resolve("sync-south"));
      north.start();
      south.start();
      north.awaitReady();
      south.awaitReady();
      run();
    } finally {
      for (SyncProcess sync : List.of(north, south)) {
        sync.kill();
      }
      zookeeper.kill();
      cells.close();
    }
  }

  private void run() throws Exception {
    System.out.println("faults: seed " + SEED + ", " + SECONDS + " s");
    CountedWrites one = CountedWrites.start(cells, NORTH, 0, WRITERS);
    CountedWrites other = CountedWrites.start(cells, SOUTH, 600, WRITERS);
    long end = System.nanoTime() + Duration.ofSeconds(SECONDS).toNanos();
    try {
      // each of the ten kinds once, in any order, and then at random
      List<Integer> first = new ArrayList<>();
      for (int i = 0; i < 2 * Victim.values().length; i++) {
        first.add(random.nextInt(first.size() + 1), i);
      }
      while (System.nanoTime() < end) {
        int next = first.isEmpty() ? random.nextInt(2 * Victim.values().length) : first.remove(0);
        fault(Victim.values()[next / 2], next % 2 == 0);
        if (random.nextInt(3) == 0) {
          catchUp();
        } else {
          rest(random.nextInt(2_000));
        }
      }
    } finally {
      one.close();
      other.close();
    }
    catchUp();
    long attempted = one.attempted().size() + other.attempted().size();
    long acknowledged = one.acknowledged().size() + other.acknowledged().size();
    System.out.printf(
        "faults: %s; %d transactions, %d of them answered; longest catch-up %.1f s, after %s%n",
        done, attempted, acknowledged, longest.toMillis() / 1e3, longestAfter);
    assertThat(acknowledged).isGreaterThan(100);

    north.process().stop(Duration.ofSeconds(20));
    south.process().stop(Duration.ofSeconds(20));
    cells.settle();
    Set<String> answered = union(one.acknowledged(), other.acknowledged());
    Set<String> all = union(one.attempted(), other.attempted());
    for (String cell : List.of(NORTH, SOUTH)) {
      Set<String> entries =
          new HashSet<>(cells.query(cell, "SELECT wallet, version FROM account.entry"));
      assertThat(without(answered, entries)).as("lost at %s, seed %d", cell, SEED).isEmpty();
      assertThat(without(entries, all)).as("not written by anyone, seed %d", SEED).isEmpty();
      assertThat(cells.query(cell, "SELECT SUM(balance), SUM(version) FROM account.wallet"))
          .as("nothing counted twice, seed %d", SEED)
          .containsExactly(entries.size() + ".00," + entries.size());
    }
    for (SyncProcess sync : List.of(north, south)) {
      assertThat(sync.log()).doesNotContain("conflict at").doesNotContain("BROKEN");
    }
  }

  private static Set<String> union(Set<String> one, Set<String> other) {
    Set<String> both = new HashSet<>(one);
    both.addAll(other);
    return both;
  }

  private static Set<String> without(Set<String> all, Set<String> some) {
    Set<String> rest = new HashSet<>(all);
    rest.removeAll(some);
    return rest;
  }

  private void fault(Victim victim, boolean kill) throws Exception {
    last = (kill ? "kill " : "stop ") + victim;
    done.merge(last, 1, Integer::sum);
    ManagedProcess process =
        switch (victim) {
          case SYNC_NORTH -> north.process();
          case SYNC_SOUTH -> south.process();
          case MYSQL_NORTH -> cells.server(NORTH).process();
          case MYSQL_SOUTH -> cells.server(SOUTH).process();
          case ZOOKEEPER -> zookeeper.process();
        };
    if (!kill) {
      signal(process, "STOP");
      rest(300 + random.nextInt(SECONDS > 60 ? 9_000 : 1_500));
      signal(process, "CONT");
      return;
    }
    process.kill();
    rest(random.nextInt(1_000));
    switch (victim) { // as whatever supervises it would
      case SYNC_NORTH -> north.start();
      case SYNC_SOUTH -> south.start();
      case MYSQL_NORTH -> cells.startServer(NORTH);
      case MYSQL_SOUTH -> cells.startServer(SOUTH);
      case ZOOKEEPER -> startZookeeper();
    }
  }

  private void startZookeeper() {
    String[] address = cells.topology().topology().coordination().zookeeper().split(":", -1);
    zookeeper =
        LocalZookeeper.start(
            folder.resolve("zk"), new Topology.Endpoint(address[0], Integer.parseInt(address[1])));
  }

  private static void signal(ManagedProcess process, String name) throws Exception {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  private static void rest(long millis) throws Exception {
    long until = System.nanoTime() + Duration.ofMillis(millis).toNanos();
    Cells.await("the next", Duration.ofMillis(millis + 5_000), () -> System.nanoTime() > until);
  }

  /** Waits until each cell has what the other has now. */
  private void catchUp() throws Exception {
    long from = System.nanoTime();
    GtidSet atNorth = cells.executed(NORTH);
    GtidSet atSouth = cells.executed(SOUTH);
    Cells.await(
        "what was committed, seed " + SEED,
        Duration.ofSeconds(90),
        () ->
            atNorth.subtract(cells.executed(SOUTH)).isEmpty()
                && atSouth.subtract(cells.executed(NORTH)).isEmpty());
    Duration took = Duration.ofNanos(System.nanoTime() - from);
    if (took.compareTo(longest) > 0) {
      longest = took;
      longestAfter = last;
    }
  }
}
