package io.homecell.coordinator.switchover;

import io.homecell.coordinator.operation.Action;
import io.homecell.coordinator.operation.Event;
import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.OperationMachine;
import io.homecell.coordinator.operation.Transition;
import io.homecell.coordinator.steps.StepActions;
import io.homecell.coordinator.steps.Stop;
import io.homecell.core.audit.AuditEntry;
import io.homecell.core.coordination.CoordinationException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives the operation under way while this coordinator leads: event, next state, written, then the
 * action, its outcome as the next event. One thread; lives for one term of leadership.
 *
 * <p>Invariant upheld: nothing is done that was not written before, and nothing is written by a
 * coordinator that has been overtaken. Takes up whatever a predecessor has left.
 */
final class OperationDriver implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(OperationDriver.class);
  private static final Logger audit = LoggerFactory.getLogger("audit");
  private static final Duration RETRY_PAUSE = Duration.ofMillis(500);
  private static final Duration LOOK_EACH = Duration.ofMillis(500);

  /** An action under way, and whether an operator may stop it. */
  private record Running(Stop stop, boolean abortable) {}

  private final OperationStore store;
  private final StepActions actions;
  private final String self;
  private final Clock clock;
  private final BooleanSupplier leads;
  private final Stop term = new Stop();
  private final Thread thread;
  private final Object lock = new Object();

  // Under the lock.
  private Optional<String> abortWanted = Optional.empty();
  private Optional<Running> running = Optional.empty();
  private boolean over;
  private boolean woken;

  private OperationDriver(
      OperationStore store, StepActions actions, String self, Clock clock, BooleanSupplier leads) {
    this.leads = leads;
    this.store = store;
    this.actions = actions;
    this.self = self;
    this.clock = clock;
    this.thread = new Thread(this::run, "operations");
    thread.setDaemon(true);
  }

  /**
   * Starts a term.
   *
   * @param self how this coordinator is named in the record
   * @param leads asked before an operation is taken up: one that was deposed a moment ago need not
   *     get in the way of the new leader's
   */
  static OperationDriver start(
      OperationStore store, StepActions actions, String self, Clock clock, BooleanSupplier leads) {
    OperationDriver driver = new OperationDriver(store, actions, self, clock, leads);
    driver.thread.start();
    return driver;
  }

  /** An operation has begun: look at once. */
  void wake() {
    synchronized (lock) {
      woken = true;
      lock.notifyAll();
    }
  }

  /** Gives up the operation under way as soon as its present action has stopped. */
  void abort(String why) {
    synchronized (lock) {
      abortWanted = Optional.of(why);
      running.filter(Running::abortable).ifPresent(action -> action.stop().stop());
    }
  }

  private void run() {
    while (!isOver()) {
      try {
        Optional<String> id = store.underWay();
        if (id.isPresent() && leads.getAsBoolean()) {
          drive(id.get());
        } else if (id.isPresent()) {
          pause();
        } else {
          synchronized (lock) {
            abortWanted = Optional.empty();
            if (!woken && !over) {
              lock.wait(LOOK_EACH.toMillis());
            }
            woken = false;
          }
        }
      } catch (OvertakenException e) {
        log.warn("operations: overtaken, {}", e.getMessage());
        pause();
      } catch (CoordinationException e) {
        log.warn("operations: {}", e.getMessage());
        pause();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (Stop.StoppedException e) {
        return;
      } catch (RuntimeException e) {
        log.error("operations: failed, taken up again", e);
        pause();
      }
    }
  }

  private void drive(String id) throws OvertakenException {
    Optional<OperationStore.Stored> found = store.read(id);
    if (found.isEmpty()) {
      store.finish(id);
      return;
    }
    Operation operation = found.get().operation();
    int version = found.get().version();
    store.askedToGiveUp(id).ifPresent(this::abort);
    Event event = new Event.TakenUp(clock.instant(), self);
    while (!isOver()) {
      Transition transition = OperationMachine.on(operation, event);
      if (!transition.next().equals(operation)) {
        version =
            write(
                transition.next(), version, AuditTrail.between(operation, transition.next(), self));
        told(operation, transition.next());
      }
      operation = transition.next();
      if (transition.actions().isEmpty()) {
        return;
      }
      Action action = transition.actions().get(0);
      if (action instanceof Action.Finish) {
        store.finish(id);
        forgetAbort();
        return;
      }
      event = perform(action, operation);
    }
  }

  private int write(Operation next, int version, List<AuditEntry> entries)
      throws OvertakenException {
    while (true) {
      try {
        return store.write(next, version, entries);
      } catch (CoordinationException e) {
        log.warn("{}: {}", next.id(), e.getMessage());
        term.pause(RETRY_PAUSE);
      }
    }
  }

  private Event perform(Action action, Operation operation) {
    while (true) {
      Stop stop = new Stop();
      synchronized (lock) {
        if (over) {
          stop.stop();
        }
        if (abortWanted.isPresent() && operation.isAbortable()) {
          return abortRequested();
        }
        running = Optional.of(new Running(stop, operation.isAbortable()));
      }
      try {
        return actions.perform(action, operation, stop);
      } catch (CoordinationException e) {
        log.warn("{} {}: {}", operation.id(), action.step(), e.getMessage());
        term.pause(RETRY_PAUSE);
      } catch (Stop.StoppedException e) {
        if (isOver()) {
          throw e;
        }
      } finally {
        synchronized (lock) {
          running = Optional.empty();
        }
      }
    }
  }

  private Event abortRequested() {
    String why = abortWanted.orElseThrow();
    abortWanted = Optional.empty();
    return new Event.AbortRequested(clock.instant(), why);
  }

  private void forgetAbort() {
    synchronized (lock) {
      abortWanted = Optional.empty();
    }
  }

  private static void told(Operation before, Operation now) {
    if (now.step() != before.step() || now.state() != before.state()) {
      audit.info(
          "operation {} {} {}->{}: {} {}{}",
          now.id(),
          now.kind().word(),
          now.from(),
          now.to(),
          now.state(),
          now.step(),
          now.error().map(error -> ", " + error).orElse(""));
    }
    if (now.state().isOver() && !before.state().isOver()) {
      audit.info(
          "operation {} ended: {}{}{}",
          now.id(),
          now.outcome().orElse(""),
          now.pauseMillis().map(millis -> ", users were held for " + millis + " ms").orElse(""),
          now.warnings().isEmpty() ? "" : ", warnings: " + now.warnings());
    }
  }

  private boolean isOver() {
    synchronized (lock) {
      return over;
    }
  }

  private void pause() {
    try {
      term.pause(RETRY_PAUSE);
    } catch (Stop.StoppedException e) {
      // the loop sees it
    }
  }

  /** Ends the term: what is under way stays as it is written, for the next leader. */
  @Override
  public void close() {
    term.stop();
    synchronized (lock) {
      over = true;
      running.ifPresent(action -> action.stop().stop());
      lock.notifyAll();
    }
    if (Thread.currentThread() != thread) {
      try {
        thread.join(Duration.ofSeconds(5).toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
