package io.homecell.router.overload;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.topology.Topology.Priority;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CellGateTest {
  private static final OverloadSettings SETTINGS = new OverloadSettings(32, 256, 448, 1_000, 90);
  private static final long MILLI = 1_000_000;

  private final CellGate gate = new CellGate("north-1", SETTINGS, SETTINGS.openMax(), 0);

  /** Clients that always want so many requests to wait, at a cell of a given latency. */
  private final class Load {
    private final Deque<CellGate.Visit> visits = new ArrayDeque<>();
    private final Deque<Long> due = new ArrayDeque<>();
    private long nowMillis;
    private int refused;
    private int waitingMost;

    void run(Duration duration, int wanted, Duration latency, boolean givenUp) {
      refused = 0;
      waitingMost = 0;
      long until = nowMillis + duration.toMillis();
      for (; nowMillis < until; nowMillis++) {
        while (!due.isEmpty() && due.peek() <= nowMillis) {
          due.poll();
          CellGate.Visit visit = visits.poll();
          if (!givenUp) {
            visit.headCame(nowMillis * MILLI);
          }
          visit.ended(nowMillis * MILLI);
        }
        while (visits.size() < wanted) {
          if (!gate.hasRoom(Priority.NORMAL)) {
            refused++;
            break;
          }
          visits.add(gate.enter(nowMillis * MILLI));
          due.add(nowMillis + latency.toMillis());
        }
        waitingMost = Math.max(waitingMost, visits.size());
        if (nowMillis % 50 == 0) {
          gate.tick(nowMillis * MILLI);
        }
      }
    }

    void run(Duration duration, int wanted, Duration latency) {
      run(duration, wanted, latency, false);
    }
  }

  private final Load load = new Load();

  @Test
  void aSteadyCellIsNeverRefused() {
    load.run(Duration.ofSeconds(60), 200, Duration.ofMillis(5));
    assertThat(load.refused).isZero();
  }

  @Test
  void aSlowCellWithFewRequestsIsNeverRefused() {
    load.run(Duration.ofSeconds(5), 40, Duration.ofMillis(5));
    load.run(Duration.ofSeconds(60), 40, Duration.ofSeconds(2));
    assertThat(load.refused).isZero();
  }

  @Test
  void aCellThatBecomesSlowIsLimitedAndGrowsBack() {
    load.run(Duration.ofSeconds(10), 200, Duration.ofMillis(5));
    load.run(Duration.ofSeconds(8), 400, Duration.ofSeconds(2));
    assertThat(load.refused).isPositive();
    assertThat(load.waitingMost).isLessThanOrEqualTo(SETTINGS.waitingMax());
    assertThat(gate.limit()).isLessThan(64);
    load.run(Duration.ofSeconds(40), 400, Duration.ofMillis(5));
    assertThat(gate.limit()).isGreaterThan(300);
  }

  @Test
  void aCellThatStopsIsLimitedBeforeItAnswersAgain() {
    load.run(Duration.ofSeconds(10), 200, Duration.ofMillis(5));
    load.run(Duration.ofSeconds(3), 400, Duration.ofSeconds(60));
    assertThat(gate.limit()).isLessThan(64);
  }

  /** A few that take very long, as long polls do, must not shut out those that don't. */
  @Test
  void someThatTakeLongAmongManyThatDoNotLimitNothing() {
    for (int i = 0; i < 20; i++) {
      gate.enter(0);
    }
    load.run(Duration.ofSeconds(60), 150, Duration.ofMillis(5));
    assertThat(load.refused).isZero();
  }

  @Test
  void clientsThatGiveUpBeforeTheAnswerLimitItToo() {
    load.run(Duration.ofSeconds(10), 200, Duration.ofMillis(5));
    load.run(Duration.ofSeconds(20), 400, Duration.ofSeconds(1), true);
    assertThat(gate.limit()).isLessThan(64);
  }

  @Test
  void clientsThatGiveUpAtOnceSayNothing() {
    load.run(Duration.ofSeconds(10), 200, Duration.ofMillis(5));
    int before = gate.limit();
    load.run(Duration.ofSeconds(10), 200, Duration.ofMillis(1), true);
    assertThat(gate.limit()).isEqualTo(before);
  }

  private int fill(Priority priority) {
    int entered = 0;
    while (gate.hasRoom(priority)) {
      gate.enter(0);
      entered++;
    }
    return entered;
  }

  @Test
  void theLowerPrioritiesAreRefusedFirst() {
    assertThat(fill(Priority.SHEDDABLE)).isEqualTo(153);
    assertThat(fill(Priority.NORMAL)).isEqualTo(230 - 153);
    assertThat(gate.hasRoom(Priority.SHEDDABLE)).isFalse();
    assertThat(fill(Priority.CRITICAL)).isEqualTo(256 - 230);
    assertThat(gate.hasRoom(Priority.NORMAL)).isFalse();
  }

  @Test
  void answersThatTakeLongToReadAreBoundedToo() {
    List<CellGate.Visit> reading = new ArrayList<>();
    while (gate.hasRoom(Priority.CRITICAL)) {
      CellGate.Visit visit = gate.enter(0);
      visit.headCame(MILLI);
      reading.add(visit);
    }
    assertThat(reading).hasSize(SETTINGS.openMax());
    reading.get(0).ended(0);
    assertThat(gate.hasRoom(Priority.CRITICAL)).isTrue();
  }

  /** Whatever happens to them in whatever order: what entered leaves once. */
  @Property(tries = 300)
  void allThatEnterLeaveOnce(@ForAll @Size(max = 200) List<@IntRange(max = 9_999) Integer> steps) {
    CellGate any = new CellGate("any", SETTINGS, SETTINGS.openMax(), 0);
    List<CellGate.Visit> visits = new ArrayList<>();
    long now = 0;
    for (int step : steps) {
      now += step % 7 * MILLI * 40;
      if (step % 4 == 0 || visits.isEmpty()) {
        visits.add(any.enter(now));
        continue;
      }
      CellGate.Visit visit = visits.get(step % visits.size());
      if (step % 7 == 0) {
        visit.delivered();
      }
      switch (step % 4) {
        case 1 -> visit.headCame(now);
        case 2 -> visit.refused();
        default -> visit.ended(now);
      }
    }
    assertThat(any.open()).isBetween(0, visits.size());
    for (CellGate.Visit visit : visits) {
      visit.ended(now);
      visit.ended(now);
    }
    any.tick(now);
    assertThat(any.open()).isZero();
    assertThat(any.waiting()).isZero();
    assertThat(any.limit()).isBetween(SETTINGS.waitingMin(), SETTINGS.waitingMax());
  }

  @Test
  void boundsThatContradictEachOtherAreRefused() {
    assertThatThrownBy(() -> new OverloadSettings(32, 16, 448, 1_000, 90))
        .hasMessageContaining("waitingFirst: 16");
    assertThatThrownBy(() -> new OverloadSettings(1, 1, 1, 1, 0))
        .hasMessageContaining("heldPercent: 0");
  }
}
