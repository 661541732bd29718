package io.homecell.coordinator.operation;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.coordinator.operation.Event.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Whatever happens, and in whatever order, no two cells can write a slot, a planned move opens the
 * target only when it has everything, and at the end the slots are where the operation says. Moves
 * at once and in waves, waves that fail their check and go back. Random schedules of two
 * coordinators that overtake each other (the overtaken one still acts, once), aborts, timeouts with
 * and without effect, replication that stands still, leases granted on old proofs, operation after
 * operation in the same world.
 */
class OneWriterTest {
  /** One that believes to lead: its view of the operation, and what it was about to do. */
  private static final class Coordinator {
    private Optional<Operation> view = Optional.empty();
    private int version;
    private List<Action> pending = List.of();
    private Optional<Runnable> repair = Optional.empty();
  }

  private final List<String> history = new ArrayList<>();
  private ModelWorld world = new ModelWorld();
  private Random random = new Random(0);
  private Optional<Operation> stored = Optional.empty();
  private int storedVersion;
  private boolean begunAsRouted;
  private final Map<Status, Integer> ends = new EnumMap<>(Status.class);
  private final long[] proofs = {0, 0};

  @Property(tries = 3_000)
  void neverTwoWritersAndNothingLost(@ForAll long seed) {
    random = new Random(seed);
    world = new ModelWorld();
    stored = Optional.empty();
    history.clear();
    proofs[0] = 0;
    proofs[1] = 0;
    List<Coordinator> coordinators = List.of(new Coordinator(), new Coordinator());
    for (int step = 0; step < 400; step++) {
      Coordinator coordinator = coordinators.get(random.nextInt(2));
      String cell = random.nextBoolean() ? "n-1" : "s-1";
      switch (random.nextInt(14)) {
        case 0 -> takeUp(coordinator);
        case 1 -> fail(coordinator);
        case 2 -> abort(coordinator);
        case 3 -> begin();
        case 4 -> world.time += random.nextInt(4);
        case 5, 6 -> lease(cell);
        case 7, 8 -> world.ship(cell);
        case 9 -> world.write(cell, random.nextInt(ModelWorld.SLOTS));
        case 10 -> repair(coordinator);
        default -> act(coordinator);
      }
      for (int slot = 0; slot < ModelWorld.SLOTS; slot++) {
        assertThat(world.canWrite("n-1", slot) && world.canWrite("s-1", slot))
            .as("two writers of %d, seed %d:%n%s", slot, seed, String.join("\n", history))
            .isFalse();
      }
      assertNoRowAheadOfItsOperation();
    }
  }

  /**
   * What a coordinator takes for the sign of a ZooKeeper that went back must not come by itself.
   */
  private void assertNoRowAheadOfItsOperation() {
    if (stored.isEmpty() || !begunAsRouted) {
      return;
    }
    stored
        .get()
        .highestEpochs()
        .forEach(
            (slot, highest) -> {
              for (String cell : List.of("n-1", "s-1")) {
                assertThat(world.row(cell, slot).epoch())
                    .as("row of %d at %s:%n%s", slot, cell, String.join("\n", history))
                    .isLessThanOrEqualTo(Math.max(highest, world.routes[slot].epoch()));
              }
            });
  }

  private boolean isAsRouted() {
    for (int slot = 0; slot < ModelWorld.SLOTS; slot++) {
      long routed = world.routes[slot].epoch();
      if (world.row("n-1", slot).epoch() > routed || world.row("s-1", slot).epoch() > routed) {
        return false;
      }
    }
    return true;
  }

  @Property(tries = 1)
  void schedulesReachTheEndOfOperations() {
    ends.clear();
    for (long seed = 0; seed < 1_000; seed++) {
      neverTwoWritersAndNothingLost(seed);
    }
    assertThat(ends.get(Status.DONE)).as("done").isGreaterThan(100);
    assertThat(ends.get(Status.RETURNED)).as("a wave returned").isGreaterThan(20);
    assertThat(ends.get(Status.STOPPED)).as("stopped between waves").isGreaterThan(20);
    assertThat(ends.get(Status.ABORTED)).as("put back").isGreaterThan(20);
  }

  private void begin() {
    if (stored.isPresent()) {
      return;
    }
    String owner = world.routes[random.nextInt(ModelWorld.SLOTS)].owner();
    String target = ModelWorld.other(owner);
    String from = owner.substring(0, 1);
    String to = target.substring(0, 1);
    boolean targetLost = world.lost.get(to);
    Kind kind =
        targetLost ? Kind.FAILBACK : random.nextInt(3) == 0 ? Kind.FAILOVER : Kind.SWITCHOVER;
    NavigableMap<Integer, Long> epochs = world.ownedBy(owner);
    if (kind == Kind.FAILOVER) {
      epochs.replaceAll((slot, epoch) -> Math.max(epoch, world.row(target, slot).epoch()));
    }
    Move move = new Move(owner, from, target, to, SlotRun.gather(epochs));
    Optional<Waves> waves =
        kind == Kind.FAILOVER || random.nextBoolean()
            ? Optional.empty()
            : Optional.of(
                Waves.planned(
                    WaveCut.cut(
                        List.of(move), move.size() == 1 ? List.of(1) : List.of(1, move.size())),
                    Duration.ofSeconds(1)));
    Plan plan =
        new Plan(
            from,
            to,
            List.of(move),
            world.routeEpoch,
            world.versions.get(from),
            targetLost ? List.of(to) : List.of(),
            waves);
    OperationRequest request =
        new OperationRequest(
            kind,
            Optional.of(from),
            Optional.of(to),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Set.of());
    begunAsRouted = isAsRouted();
    stored = Optional.of(Operation.planned("op", request, plan, ModelWorld.AT));
    storedVersion++;
    history.add("begin " + kind + " " + move);
  }

  private void takeUp(Coordinator coordinator) {
    coordinator.view = stored;
    coordinator.version = storedVersion;
    coordinator.pending = List.of();
    apply(coordinator, new Event.TakenUp(ModelWorld.AT, "c"));
  }

  private void apply(Coordinator coordinator, Event event) {
    if (coordinator.view.isEmpty()) {
      return;
    }
    Transition transition = OperationMachine.on(coordinator.view.get(), event);
    coordinator.pending = List.of();
    if (coordinator.version != storedVersion) {
      coordinator.view = Optional.empty();
      return;
    }
    stored = Optional.of(transition.next());
    storedVersion++;
    coordinator.view = stored;
    coordinator.version = storedVersion;
    coordinator.pending = transition.actions();
    history.add(transition.next().state() + " " + transition.next().step() + " by " + event);
  }

  private void act(Coordinator coordinator) {
    coordinator.repair.ifPresent(Runnable::run);
    coordinator.repair = Optional.empty();
    if (coordinator.view.isEmpty() || coordinator.pending.isEmpty()) {
      return;
    }
    Action action = coordinator.pending.get(0);
    if (action instanceof Action.Finish) {
      if (coordinator.version == storedVersion) {
        ended(stored.get());
        stored = Optional.empty();
        storedVersion++;
      }
      coordinator.view = Optional.empty();
      coordinator.pending = List.of();
      return;
    }
    Operation operation = coordinator.view.get();
    boolean opens = action instanceof Action.OpenFence && operation.kind() != Kind.FAILOVER;
    Move move = operation.movesUnderWay().get(0);
    boolean wasOpen = isOpenAtTarget(move);
    boolean complete = world.hasEverythingOf(move.source(), move.slots());
    history.add("act " + action.step());
    Optional<Event> event =
        action instanceof Action.CheckWave && random.nextInt(3) == 0
            ? Optional.of(new Event.WaveFailed(ModelWorld.AT, List.of("bad"), ""))
            : world.act(action, operation);
    if (opens && isOpenAtTarget(move) && !wasOpen) {
      assertThat(complete)
          .as("opened with writes missing:%n%s", String.join("\n", history))
          .isTrue();
    }
    event.ifPresent(happened -> apply(coordinator, happened));
  }

  private boolean isOpenAtTarget(Move move) {
    return move.slots().stream()
        .anyMatch(slot -> world.row(move.target(), slot).isOpenFor(move.target()));
  }

  /** What the operation says of its waves is what the table says of their slots. */
  private void ended(Operation operation) {
    ends.merge(operation.state(), 1, Integer::sum);
    boolean planned = operation.state() != Status.FAILED;
    operation
        .waves()
        .filter(waves -> planned)
        .ifPresent(
            waves -> {
              for (int wave = 0; wave < waves.planned().size(); wave++) {
                Move move = waves.planned().get(wave).get(0);
                String owner = wave < waves.moved() ? move.target() : move.source();
                for (int slot : move.slots()) {
                  assertThat(world.routes[slot].owner())
                      .as("slot %d, %s:%n%s", slot, operation, String.join("\n", history))
                      .isEqualTo(owner);
                  assertThat(world.routes[slot].moving()).isFalse();
                }
              }
            });
  }

  /** The step's deadline passes, or its answer is lost: with effect or without. */
  private void fail(Coordinator coordinator) {
    if (coordinator.view.isEmpty() || coordinator.pending.isEmpty() || random.nextInt(3) > 0) {
      return;
    }
    Action action = coordinator.pending.get(0);
    if (action instanceof Action.Finish) {
      return;
    }
    if (random.nextBoolean()) {
      history.add("act without answer " + action.step());
      world.act(action, coordinator.view.get());
    }
    apply(
        coordinator,
        new Event.Failed(action.step(), ModelWorld.AT, Failure.UNREACHABLE, "no answer"));
  }

  private void abort(Coordinator coordinator) {
    if (random.nextInt(3) == 0) {
      apply(coordinator, new Event.AbortRequested(ModelWorld.AT, "asked for"));
    }
  }

  /** A leader without an operation opens rows that are behind the table; it may act late. */
  private void repair(Coordinator coordinator) {
    int slot = random.nextInt(ModelWorld.SLOTS);
    ModelWorld.Route route = world.routes[slot];
    if (stored.isEmpty() && !route.moving()) {
      coordinator.repair =
          Optional.of(
              () -> {
                history.add("repair " + slot + " " + route);
                world.open(route.owner(), new TreeMap<>(Map.of(slot, route.epoch())));
              });
    }
  }

  /** A keeper proves and renews at two different moments. */
  private void lease(String cell) {
    int index = cell.equals("n-1") ? 0 : 1;
    if (random.nextBoolean()) {
      if (!world.lost.get(cell.substring(0, 1))) {
        proofs[index] = world.time;
      }
    } else {
      world.renewLease(cell, proofs[index]);
    }
  }
}
