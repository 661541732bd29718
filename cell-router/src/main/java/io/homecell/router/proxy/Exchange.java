package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.router.decide.Decider;
import io.homecell.router.decide.Decision;
import io.homecell.router.decide.Destination;
import io.homecell.router.decide.Refusal;
import io.homecell.router.decide.Told;
import io.homecell.router.hold.HoldQueue;
import io.homecell.router.path.DecimalId;
import io.homecell.router.retry.Outcome;
import io.homecell.router.retry.RetryPolicy;
import io.homecell.router.upstream.Upstream;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A client's request, from its head to the end of its answer.
 *
 * <p>At any time it is in one of four places: held (has a ticket), waiting to be sent again (has a
 * timer), with an upstream (has an attempt), or done. It is done exactly once, and whatever it had
 * is given back then: so a client that leaves at any moment leaves nothing behind. Belongs to one
 * event loop.
 */
final class Exchange {
  /** What a paused request may have in memory: its head, and what was read of its body. */
  private static final int HEAD_BYTES = 4 << 10;

  private static final int PAUSED_BODY_BYTES = 128 << 10;
  private static final String NONE = "none";

  private final EdgeLoop loop;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final long arrivedNanos = System.nanoTime();
  private final boolean unsafe;
  private final Caller caller;
  private final Optional<BodyFraming> framing;
  private final RequestBody body;
  private final Destination destination;

  private RetryPolicy.History history;
  private Optional<Told> told = Optional.empty();
  private Optional<Upstream> tried = Optional.empty();
  private Optional<Decision.Remote> remote = Optional.empty();
  private String cell = NONE;
  private HoldQueue.@Nullable Ticket<Exchange> ticket;
  private Decision.Reason heldFor = Decision.Reason.MOVING;
  private long heldSinceNanos;
  private long heldNanos;
  private boolean failed;
  private @Nullable Long retryTimer;
  private @Nullable Attempt attempt;
  private @Nullable Download download;
  private boolean closeAnnounced;
  private boolean done;

  Exchange(EdgeLoop loop, HttpServerRequest request) {
    this.loop = loop;
    this.request = request;
    this.response = request.response();
    this.unsafe = Decider.isUnsafe(request.method().name());
    this.history = RetryPolicy.History.fresh(unsafe);
    this.framing = BodyFraming.of(request.headers());
    this.body =
        new RequestBody(
            request,
            framing.orElse(new BodyFraming(BodyFraming.CHUNKED)),
            loop.settings().bodyBytesMax(),
            loop.settings().replayBytesMax(),
            this::bodyTooLarge);
    this.caller = Caller.of(request.headers(), loop.key(), loop.identities());
    this.destination =
        loop.decider().destination(request.method().name(), path(), caller.identity());
  }

  private String path() {
    String path = request.path();
    return path == null ? "" : path;
  }

  void start() {
    loop.retryBudget().came();
    request.exceptionHandler(ignored -> clientGone());
    response.exceptionHandler(ignored -> clientGone());
    response.closeHandler(ignored -> clientGone());
    if (framing.isEmpty()) {
      answer(Refusal.of(400, "bad-framing", "the length of the body is given ambiguously"));
    } else if (destination instanceof Destination.Nowhere nowhere) {
      answer(nowhere.refusal());
    } else if (framing.get().length() > loop.settings().bodyBytesMax()) {
      bodyTooLarge();
    } else {
      Optional<Refusal> tooMany = overItsRate();
      if (tooMany.isPresent()) {
        answer(tooMany.get());
      } else {
        proceed();
      }
    }
  }

  /** What another router has sent was counted there. */
  private Optional<Refusal> overItsRate() {
    int route = destination.route().orElseThrow().index();
    if (caller.hop().isPresent() || !loop.rates().isLimited(route)) {
      return Optional.empty();
    }
    long asker = caller.asker(() -> request.remoteAddress().hostAddress());
    return loop.rates().take(route, asker, arrivedNanos);
  }

  boolean isUnsafe() {
    return unsafe;
  }

  HttpMethod method() {
    return request.method();
  }

  /** Path and query; an absolute form is reduced to them. */
  String uri() {
    String uri = request.uri();
    if (uri.startsWith("/")) {
      return uri;
    }
    String query = request.query();
    return query == null ? path() : path() + "?" + query;
  }

  RequestBody body() {
    return body;
  }

  void writeHeadTo(HttpClientRequest next) {
    loop.outboundHead().write(request, next.headers(), caller, framing.orElseThrow(), remote);
  }

  private Decision decide(RouteTable table) {
    return loop.decider().decide(table, destination, unsafe, caller.hop(), told);
  }

  private void proceed() {
    retryTimer = null;
    Decision decision = decide(loop.routes().current());
    if (decision instanceof Decision.Local local) {
      remote = Optional.empty();
      sendToInstance(local);
    } else if (decision instanceof Decision.Remote elsewhere) {
      remote = Optional.of(elsewhere);
      cell = elsewhere.cell();
      if (loop.gates().of(cell).hasRoom(priority())) {
        send(loop.routerOf(elsewhere.datacenter()));
      } else {
        shed();
      }
    } else if (decision instanceof Decision.Wait wait) {
      hold(wait.reason());
    } else if (decision instanceof Decision.Misdirected misdirected) {
      finish("misdirected");
      endAfter(Problems.misdirected(response, misdirected.told()));
    } else {
      answer(((Decision.Refused) decision).refusal());
    }
  }

  private void sendToInstance(Decision.Local local) {
    InstanceChoice.Choice choice =
        loop.instanceChoice().choose(local, priority(), tried, System.nanoTime());
    if (choice instanceof InstanceChoice.Choice.Instance instance) {
      cell = instance.upstream().cell();
      send(instance.upstream());
    } else if (choice instanceof InstanceChoice.Choice.Overloaded overloaded) {
      cell = overloaded.cell();
      shed();
    } else {
      cell = local.cells().size() == 1 ? local.cells().get(0) : NONE;
      attemptFailed(Outcome.NOT_CONNECTED, Optional.empty(), Optional.empty());
    }
  }

  /** At once, while there is still somebody to tell. */
  private void shed() {
    loop.metrics().shed(cell, priority());
    answer(
        Refusal.overloaded(
            "cell " + cell + " has as many requests as it bears; nothing was changed"));
  }

  private void send(Upstream upstream) {
    Attempt next =
        new Attempt(loop, this, upstream, loop.gates().of(cell).enter(System.nanoTime()));
    attempt = next;
    next.start();
  }

  void attemptFailed(Outcome outcome, Optional<Upstream> at, Optional<Told> newlyTold) {
    attempt = null;
    tried = at;
    if (done) {
      return;
    }
    body.detach();
    newlyTold.ifPresent(this::hear);
    history = history.with(outcome, body.canBeSent(), age());
    RetryPolicy.Verdict verdict = loop.retryPolicy().after(outcome, history);
    if (verdict instanceof RetryPolicy.Verdict.Retry retry) {
      if (outcome.isFailure() && !loop.retryBudget().tryTake(System.nanoTime())) {
        loop.metrics().notRetried(outcome);
        answer(retry.otherwise());
        return;
      }
      loop.metrics().retried(outcome);
      retryTimer = loop.after(retry.after(), this::proceed);
    } else {
      answer(((RetryPolicy.Verdict.GiveUp) verdict).refusal());
    }
  }

  /** Of two sayings about one slot the newer counts; of two slots the one said last. */
  private void hear(Told newly) {
    boolean older =
        told.isPresent() && told.get().slot() == newly.slot() && told.get().epoch() > newly.epoch();
    if (!older) {
      told = Optional.of(newly);
    }
  }

  private Duration age() {
    return Duration.ofNanos(System.nanoTime() - arrivedNanos);
  }

  private void hold(Decision.Reason reason) {
    long bytes = HEAD_BYTES + body.bytesWhilePaused(PAUSED_BODY_BYTES);
    long deadline = arrivedNanos + loop.settings().waitMax().toNanos();
    Optional<HoldQueue.Ticket<Exchange>> held =
        loop.roomToHold(destination).flatMap(room -> loop.holds().add(this, room, bytes, deadline));
    if (held.isEmpty()) {
      loop.metrics().held("full", 0);
      answer(Refusal.unavailable("hold-full", "too many requests are held while slots move"));
      return;
    }
    ticket = held.get();
    heldFor = reason;
    heldSinceNanos = System.nanoTime();
  }

  /** Whether a newer table says where this goes. */
  boolean mayGo(RouteTable table) {
    return !(decide(table) instanceof Decision.Wait);
  }

  void released() {
    if (!done) {
      holdEnded("released");
      proceed();
    }
  }

  void holdExpired() {
    holdEnded("expired");
    answer(
        heldFor == Decision.Reason.MOVING
            ? Refusal.unavailable("slot-moving", "the slot is still moving; nothing was changed")
            : Refusal.unavailable(
                "table-behind", "the route table did not arrive in time; nothing was changed"));
  }

  private void holdEnded(String result) {
    ticket = null;
    long held = System.nanoTime() - heldSinceNanos;
    heldNanos += held;
    loop.metrics().held(result, held);
  }

  void answered(HttpClientResponse answer, Attempt by) {
    body.forget();
    int status = answer.statusCode();
    failed = status >= 500;
    response.setStatusCode(status);
    HeaderRules.copyResponse(answer.headers(), response.headers(), caller.hop().isPresent());
    response.headers().add("Via", loop.outboundHead().via());
    announceClose();
    String length = answer.getHeader("Content-Length");
    download =
        Download.start(
            answer,
            response,
            length == null ? -1 : DecimalId.parse(length).orElse(-1),
            !method().equals(HttpMethod.HEAD) && status != 204 && status != 304,
            new Download.Ended() {
              @Override
              public void delivered() {
                by.complete(answer);
                finish((status / 100) + "xx");
                closeIfAnnounced();
              }

              @Override
              public void broken() {
                failed = true;
                by.abandon();
                finish("truncated");
                request.connection().close();
              }
            });
  }

  private void bodyTooLarge() {
    answer(
        Refusal.of(
            413,
            "body-too-large",
            "body: larger than " + loop.settings().bodyBytesMax() + " bytes"));
  }

  private void answer(Refusal refusal) {
    if (done) {
      return;
    }
    failed = refusal.problem().status() >= 500;
    finish(refusal.problem().type().substring("/problems/".length()));
    if (response.headWritten()) {
      request.connection().close();
    } else {
      endAfter(Problems.write(response, refusal, caller.hop().isPresent()));
    }
  }

  private void endAfter(Future<Void> written) {
    written.onComplete(ignored -> closeIfAnnounced());
  }

  /** The client may still be sending: it is told, and heard for a moment, so that it reads. */
  private void closeIfAnnounced() {
    if (closeAnnounced) {
      body.discard();
      loop.closeSoon(request.connection());
    }
  }

  /** Who was told so is closed, even if the rest of the body comes before the answer is out. */
  private void announceClose() {
    if (!body.isEnded() || loop.isDraining()) {
      closeAnnounced = true;
      response.putHeader("Connection", "close");
    }
  }

  private void clientGone() {
    if (!done) {
      if (ticket != null) {
        loop.holds().remove(ticket);
        holdEnded("client-gone");
      }
      finish("client-gone");
    }
  }

  /** Ends it: gives back everything and counts it. */
  private void finish(String outcome) {
    done = true;
    if (retryTimer != null) {
      loop.cancel(retryTimer);
    }
    if (download != null) {
      download.stop();
    }
    Attempt running = attempt;
    attempt = null;
    if (running != null) {
      running.abandon();
    }
    if (!response.headWritten()) {
      announceClose();
    }
    long took = System.nanoTime() - arrivedNanos;
    String route = destination.route().map(found -> found.route().path()).orElse(NONE);
    loop.metrics().ended(route, cell, outcome, took);
    // One that another router has sent is counted there.
    if (destination instanceof Destination.OfSlot ofSlot && caller.hop().isEmpty()) {
      loop.slotCounters().ended(ofSlot.slot(), failed, took - heldNanos);
    }
  }

  private Topology.Priority priority() {
    return destination.quota().priority();
  }
}
