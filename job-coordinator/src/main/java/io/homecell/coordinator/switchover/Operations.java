package io.homecell.coordinator.switchover;

import io.homecell.coordinator.operation.Checks;
import io.homecell.coordinator.operation.Kind;
import io.homecell.coordinator.operation.Loss;
import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.OperationRequest;
import io.homecell.coordinator.operation.Plan;
import io.homecell.coordinator.operation.Planner;
import io.homecell.coordinator.operation.Refusal;
import io.homecell.coordinator.operation.RefusalName;
import io.homecell.coordinator.steps.StepActions;
import io.homecell.coordinator.steps.WorldReader;
import io.homecell.core.audit.AuditLog;
import io.homecell.core.coordination.CoordinationException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The switch operations as operators see them: ask for one, look, give up. Acts only while this
 * coordinator leads. Safe for any number of threads.
 */
public final class Operations implements AutoCloseable {
  private static final Logger audit = LoggerFactory.getLogger("audit");
  private static final DateTimeFormatter ID_TIME =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

  /** What became of a request: an id, or a plan that was only asked for, or refusals. */
  public record Answer(
      Optional<String> id,
      Optional<Plan> plan,
      List<Refusal> refusals,
      List<String> warnings,
      List<Loss> loss) {
    static Answer refused(Optional<Plan> plan, List<Refusal> refusals) {
      return new Answer(Optional.empty(), plan, refusals, List.of(), List.of());
    }
  }

  private final OperationStore store;
  private final WorldReader world;
  private final StepActions actions;
  private final String self;
  private final Clock clock;
  private final AuditLog log;
  private Optional<OperationDriver> driver = Optional.empty();

  /**
   * @param self how this coordinator is named in the record
   */
  public Operations(
      OperationStore store,
      WorldReader world,
      StepActions actions,
      AuditLog log,
      String self,
      Clock clock) {
    this.store = store;
    this.world = world;
    this.actions = actions;
    this.log = log;
    this.self = self;
    this.clock = clock;
  }

  /**
   * This coordinator leads from now on: whatever is under way is taken up.
   *
   * @param leads whether it still does, as far as it can know
   */
  public synchronized void lead(BooleanSupplier leads) {
    store.prepare();
    if (driver.isEmpty()) {
      driver = Optional.of(OperationDriver.start(store, actions, self, clock, leads));
    }
  }

  /** This coordinator does not lead any more. */
  public void follow() {
    Optional<OperationDriver> ended;
    synchronized (this) {
      ended = driver;
      driver = Optional.empty();
    }
    ended.ifPresent(OperationDriver::close);
  }

  /** How ids begin: they sort by time. */
  static String idTime(Instant at) {
    return ID_TIME.format(at);
  }

  /** What a request would do, or why it would be refused; changes nothing. */
  public Answer dryRun(OperationRequest request) {
    Planner.Result planned = Planner.plan(request, world.world(request));
    if (planned.plan().isEmpty()) {
      return Answer.refused(Optional.empty(), planned.refusals());
    }
    Plan plan = planned.plan().get();
    Checks.Judgement judged =
        world.judge(
            request.kind(),
            plan.moves(),
            plan.waves().isPresent(),
            request.force(),
            store.underWay());
    return new Answer(
        Optional.empty(),
        Optional.of(plan),
        judged.refusals(),
        judged.warnings(),
        request.kind() == Kind.FAILOVER ? world.loss(plan.moves()) : List.of());
  }

  /** Begins what is asked for, unless there is a reason not to. */
  public Answer begin(OperationRequest request) {
    Answer checked = dryRun(request);
    if (!checked.refusals().isEmpty()) {
      audit.info("refused {}: {}", request, checked.refusals());
      log.append(AuditTrail.refused(request, checked.refusals(), clock.instant()));
      return Answer.refused(checked.plan(), checked.refusals());
    }
    Plan plan = checked.plan().orElseThrow();
    Instant now = clock.instant();
    String id = idTime(now) + "-" + request.kind().word();
    Operation planned = Operation.planned(id, request, plan, now);
    Optional<String> other = store.begin(planned, AuditTrail.begun(planned, plan));
    if (other.isPresent()) {
      return Answer.refused(
          Optional.of(plan),
          List.of(
              new Refusal(
                  RefusalName.OPERATION_RUNNING,
                  "operation " + other.get() + " is under way",
                  "wait for it or abort it")));
    }
    audit.info("operation {} begins: {}, plan {}", id, request, plan.summary());
    synchronized (this) {
      driver.ifPresent(OperationDriver::wake);
    }
    return new Answer(Optional.of(id), Optional.of(plan), List.of(), List.of(), List.of());
  }

  /**
   * Asks for an operation to be given up.
   *
   * @return why it can't be; empty if it is being given up
   */
  public Optional<String> abort(String id, String why, Optional<String> by) {
    Optional<OperationStore.Stored> found = store.read(id);
    if (found.isEmpty()) {
      return Optional.of("there is no operation " + id);
    }
    Operation operation = found.get().operation();
    if (!operation.isAbortable() && !operation.isAbortableSoon()) {
      return Optional.of(
          id + " is " + operation.state() + " at " + operation.step() + ": too late to give up");
    }
    audit.info("operation {} is to be given up: {}", id, why);
    log.append(AuditTrail.abort(operation, why, by, clock.instant()));
    store.askToGiveUp(id, why);
    synchronized (this) {
      driver.ifPresent(running -> running.abort(why));
    }
    return Optional.empty();
  }

  /** An operation by its id. */
  public Optional<Operation> find(String id) {
    return store.read(id).map(OperationStore.Stored::operation);
  }

  /** The operation under way. */
  public Optional<Operation> underWay() {
    return store.underWay().flatMap(this::find);
  }

  /**
   * Ends an operation that nobody may go on with: it stays in the record as failed.
   *
   * @throws CoordinationException if another coordinator has written it meanwhile
   */
  public void giveUp(Operation operation, String why) {
    try {
      OperationStore.Stored stored =
          store
              .read(operation.id())
              .orElseThrow(() -> new CoordinationException(operation.id() + " is gone"));
      Operation failed = stored.operation().failed(why, clock.instant());
      store.write(failed, stored.version(), AuditTrail.between(stored.operation(), failed, self));
      store.finish(operation.id());
    } catch (OvertakenException e) {
      throw new CoordinationException(String.valueOf(e.getMessage()), e);
    }
  }

  /** All operations, newest first. */
  public List<Operation> list() {
    return store.list();
  }

  @Override
  public void close() {
    follow();
  }
}
