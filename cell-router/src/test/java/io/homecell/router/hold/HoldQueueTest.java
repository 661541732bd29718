package io.homecell.router.hold;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HoldQueueTest {
  private static final int REQUESTS_MAX = 5;
  private static final int BYTES_MAX = 100;

  /**
   * Any sequence of steps: within the bounds, each request out once, in order, and everything given
   * back.
   */
  @Property
  void accounting(@ForAll @Size(max = 60) List<@IntRange(min = 0, max = 399) Integer> steps) {
    HoldBudget budget = new HoldBudget(REQUESTS_MAX, BYTES_MAX);
    List<HoldQueue<Integer>> loops = List.of(new HoldQueue<>(), new HoldQueue<>());
    Map<Integer, HoldQueue.Ticket<Integer>> tickets = new HashMap<>();
    Map<Integer, Integer> bytesHeld = new HashMap<>();
    List<Integer> out = new ArrayList<>();
    int now = 0;
    for (int step : steps) {
      now++;
      HoldQueue<Integer> loop = loops.get(step % 2);
      int request = now;
      int kind = step / 100;
      if (kind <= 1) {
        int bytes = step % 100 / 2;
        boolean room =
            bytesHeld.size() < REQUESTS_MAX
                && bytesHeld.values().stream().mapToInt(i -> i).sum() + bytes <= BYTES_MAX;
        Optional<HoldQueue.Ticket<Integer>> ticket = loop.add(request, budget, bytes, now + 10);
        assertThat(ticket.isPresent()).isEqualTo(room);
        ticket.ifPresent(
            got -> {
              tickets.put(request, got);
              bytesHeld.put(request, bytes);
            });
      } else if (kind == 2) {
        List<Integer> released = released(loop, waiter -> waiter % 3 == step % 3);
        assertThat(released).isSorted();
        released.forEach(bytesHeld::remove);
        out.addAll(released);
        List<Integer> expired = loop.expire(now);
        assertThat(expired).isSorted();
        expired.forEach(bytesHeld::remove);
        out.addAll(expired);
      } else {
        HoldQueue.Ticket<Integer> ticket = tickets.get(step % 60);
        loops.forEach(
            each -> {
              if (ticket != null) {
                each.remove(ticket);
              }
            });
        bytesHeld.remove(step % 60);
      }
      assertThat(budget.requests()).isEqualTo(bytesHeld.size()).isLessThanOrEqualTo(REQUESTS_MAX);
      assertThat(budget.bytes())
          .isEqualTo(bytesHeld.values().stream().mapToInt(i -> i).sum())
          .isLessThanOrEqualTo(BYTES_MAX);
    }
    loops.forEach(loop -> out.addAll(released(loop, waiter -> true)));
    assertThat(out).doesNotHaveDuplicates();
    assertThat(budget.requests()).isZero();
    assertThat(budget.bytes()).isZero();
  }

  private static List<Integer> released(HoldQueue<Integer> queue, Predicate<Integer> mayGo) {
    return queue.free(mayGo).stream()
        .flatMap(ticket -> queue.take(ticket, mayGo).stream())
        .toList();
  }

  /** Between being found free and being taken, a request may leave, expire, or have to stay. */
  @Test
  void whatIsFreeStaysHeldUntilItIsTaken() {
    HoldBudget budget = new HoldBudget(10, 100);
    HoldQueue<String> queue = new HoldQueue<>();
    for (String waiter : List.of("gone", "late", "moving again", "free")) {
      queue.add(waiter, budget, 10, waiter.equals("late") ? 10 : 20);
    }
    List<HoldQueue.Ticket<String>> free = queue.free(waiter -> true);
    assertThat(budget.bytes()).isEqualTo(40);
    queue.remove(free.get(0));
    queue.expire(10);
    assertThat(
            free.stream().flatMap(one -> queue.take(one, w -> !w.equals("moving again")).stream()))
        .containsExactly("free");
    assertThat(budget.requests()).isEqualTo(1);
    assertThat(queue.take(free.get(2), w -> true)).contains("moving again");
    assertThat(queue.take(free.get(2), w -> true)).isEmpty();
    assertThat(budget.bytes()).isZero();
  }

  @Test
  void thoseThatWaitTooLongLeaveAndOthersStay() {
    HoldBudget budget = new HoldBudget(10, 10);
    HoldQueue<String> queue = new HoldQueue<>();
    queue.add("b", budget, 1, 20);
    queue.add("a", budget, 1, 10);
    assertThat(queue.expire(9)).isEmpty();
    assertThat(queue.expire(10)).containsExactly("a");
    assertThat(queue.size()).isEqualTo(1);
  }

  @Test
  void theRequestsOfACellLeaveRoomForThoseOfOthers() {
    HoldBudget budget = new HoldBudget(10, 100, 70);
    HoldQueue<Integer> queue = new HoldQueue<>();
    for (int i = 0; i < 7; i++) {
      assertThat(queue.add(i, budget.partOf("north-1"), 1, 10)).isPresent();
    }
    assertThat(queue.add(7, budget.partOf("north-1"), 1, 10)).isEmpty();
    assertThat(queue.add(8, budget.partOf("south-1"), 71, 10)).as("bytes").isEmpty();
    assertThat(budget.bytes()).as("nothing is left of those refused").isEqualTo(7);
    for (int i = 0; i < 3; i++) {
      assertThat(queue.add(i, budget.partOf("south-1"), 1, 20)).isPresent();
    }
    assertThat(queue.add(9, budget.partOf("south-1"), 1, 20)).as("all is taken").isEmpty();
    assertThat(budget.isHalfTaken()).isTrue();
    assertThat(queue.expire(10)).hasSize(7);
    assertThat(budget.isHalfTaken()).isFalse();
    assertThat(queue.add(7, budget.partOf("north-1"), 1, 30)).isPresent();
    queue.expire(30);
    assertThat(budget.requests()).isZero();
    assertThat(budget.partOf("north-1").bytes()).isZero();
    assertThat(budget.bytes()).isZero();
  }

  /** Loops take and give at once; the bounds hold at every moment. */
  @Test
  void theBudgetHoldsUnderThreads() throws Exception {
    HoldBudget budget = new HoldBudget(2, 20);
    ExecutorService threads = Executors.newFixedThreadPool(4);
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (int thread = 0; thread < 4; thread++) {
      tasks.add(
          () -> {
            int exceeded = 0;
            for (int i = 0; i < 100_000; i++) {
              if (budget.tryTake(7)) {
                if (budget.requests() > 2 || budget.bytes() > 20) {
                  exceeded++;
                }
                budget.giveBack(7);
              }
            }
            return exceeded;
          });
    }
    for (Future<Integer> exceeded : threads.invokeAll(tasks)) {
      assertThat(exceeded.get()).isZero();
    }
    threads.shutdown();
    assertThat(budget.requests()).isZero();
    assertThat(budget.bytes()).isZero();
  }
}
