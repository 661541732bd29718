package io.homecell.router.proxy;

import io.homecell.core.route.RouteTable;
import io.homecell.router.decide.Decision;
import io.homecell.router.decide.Refusal;
import io.homecell.router.decide.Told;
import io.homecell.router.retry.Outcome;
import io.homecell.router.retry.RetryPolicy;
import io.homecell.router.upstream.Upstream;
import io.homecell.router.websocket.TunnelEnd;
import io.vertx.core.Future;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
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
  private static final String NONE = "none";

  private final EdgeLoop loop;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final long arrivedNanos = System.nanoTime();
  private final Subject subject;
  private final ClientSide client;
  private final RequestBody body;
  private final NearRead near;
  private final Hold hold;
  private final Tries tries;
  private final Optional<Upgrade> upgrade;

  private Optional<Upstream> tried = Optional.empty();
  private Optional<Decision.Remote> remote = Optional.empty();
  private String cell = NONE;
  private int status;
  private boolean failed;
  private @Nullable Long retryTimer;
  private @Nullable Attempt attempt;
  private @Nullable Download download;
  private boolean done;

  Exchange(EdgeLoop loop, HttpServerRequest request, ClientSide client, HopProof proof) {
    this.loop = loop;
    this.request = request;
    this.response = request.response();
    this.client = client;
    this.subject = Subject.of(loop, request, client, proof);
    this.tries = new Tries(loop, subject.unsafe());
    this.hold = new Hold(loop);
    this.upgrade = Upgrade.of(loop, this, client, subject.head());
    this.body =
        new RequestBody(
            request,
            subject.head(),
            loop.settings().bodyBytesMax(),
            loop.settings().replayBytesMax(),
            client::trailers,
            () -> answer(Refusal.bodyTooLarge(loop.settings().bodyBytesMax())));
    this.near = new NearRead(loop, subject);
  }

  void start() {
    loop.retryBudget().came();
    client.begins(this);
    request.exceptionHandler(this::broke);
    response.exceptionHandler(this::broke);
    response.closeHandler(ignored -> clientGone());
    subject.trace().answer(response.headers());
    Optional<Refusal> unreadable = subject.head().refusal();
    if (unreadable.isPresent()) {
      client.closes();
      answer(unreadable.get());
    } else if (subject.head().isAboutRouter()) {
      finish("options");
      endAfter(Problems.options(response));
    } else {
      Optional<Refusal> refused = subject.refused(loop.settings().bodyBytesMax(), arrivedNanos);
      if (refused.isPresent()) {
        answer(refused.get());
      } else if (upgrade.isPresent()) {
        upgrade.get().begin();
      } else {
        proceed();
      }
    }
  }

  boolean isUnsafe() {
    return subject.unsafe();
  }

  RequestOptions target() {
    return new RequestOptions().setMethod(request.method()).setURI(subject.head().uri());
  }

  RequestBody body() {
    return body;
  }

  NearRead near() {
    return near;
  }

  Optional<Upgrade> upgrade() {
    return upgrade;
  }

  void writeHeadTo(HttpClientRequest next) {
    Forwarding forwarding = client.forwarding(loop.settings().clients().trusted());
    subject.writeTo(next, loop.outboundHead(), forwarding, remote);
    near.writeTo(next.headers());
    upgrade.ifPresent(asked -> asked.writeTo(next));
  }

  private Decision decide(RouteTable table) {
    return subject.decide(table, loop.routes().age(), tries.told());
  }

  void proceed() {
    retryTimer = null;
    if (done) {
      return;
    }
    long now = System.nanoTime();
    Decision decision = decide(loop.routes().current());
    Optional<Upstream> copy = near.begin(decision);
    if (copy.isPresent()) {
      remote = Optional.empty();
      cell = copy.get().cell();
      send(copy.get(), now);
    } else if (decision instanceof Decision.Local local) {
      remote = Optional.empty();
      sendToInstance(local, now);
    } else if (decision instanceof Decision.Remote elsewhere) {
      remote = Optional.of(elsewhere);
      cell = elsewhere.cell();
      if (loop.gates().of(cell).hasRoom(subject.priority())) {
        send(loop.routerOf(elsewhere.datacenter()), now);
      } else {
        shed();
      }
    } else if (decision instanceof Decision.Wait wait) {
      hold(wait.reason());
    } else if (decision instanceof Decision.Misdirected misdirected) {
      status = Problems.MISDIRECTED;
      finish("misdirected");
      endAfter(Problems.misdirected(response, misdirected.told()));
    } else {
      answer(((Decision.Refused) decision).refusal());
    }
  }

  private void sendToInstance(Decision.Local local, long nowNanos) {
    InstanceChoice among =
        upgrade.isPresent() ? loop.webSockets().instanceChoice() : loop.instanceChoice();
    InstanceChoice.Choice choice = among.choose(local, subject.priority(), tried, nowNanos);
    if (choice instanceof InstanceChoice.Choice.Instance instance) {
      cell = instance.upstream().cell();
      send(instance.upstream(), nowNanos);
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
    loop.metrics().shed(cell, subject.priority());
    answer(Refusal.overloadedCell(cell));
  }

  private void send(Upstream upstream, long nowNanos) {
    if (upgrade.isPresent() && !upgrade.get().enter(cell)) {
      return;
    }
    Attempt next = new Attempt(loop, this, upstream, loop.gates().of(cell).enter(nowNanos));
    attempt = next;
    next.start();
  }

  void attemptFailed(Outcome outcome, Optional<Upstream> at, Optional<Told> newlyTold) {
    attempt = null;
    tried = at;
    if (done) {
      return;
    }
    if (near.hasFailed()) {
      askOwner(newlyTold);
      return;
    }
    body.detach();
    Duration age = Duration.ofNanos(System.nanoTime() - arrivedNanos);
    RetryPolicy.Verdict verdict = tries.failed(outcome, newlyTold, body.canBeSent(), age);
    if (verdict instanceof RetryPolicy.Verdict.Retry retry) {
      retryTimer = loop.after(retry.after(), this::proceed);
    } else {
      answer(((RetryPolicy.Verdict.GiveUp) verdict).refusal());
    }
  }

  /** The copy that was asked has not answered. */
  void askOwner(Optional<Told> newlyTold) {
    attempt = null;
    tried = Optional.empty();
    if (!done) {
      body.detach();
      newlyTold.ifPresent(tries::hear);
      proceed();
    }
  }

  private void hold(Decision.Reason reason) {
    long deadline = arrivedNanos + loop.settings().waitMax().toNanos();
    if (loop.roomToHold(subject.destination())
        .filter(room -> hold.begin(this, room, reason, deadline))
        .isEmpty()) {
      loop.metrics().held("full", 0);
      answer(Refusal.unavailable("hold-full", "too many requests are held while slots move"));
    }
  }

  /** Whether a newer table says where this goes. */
  boolean mayGo(RouteTable table) {
    return !(decide(table) instanceof Decision.Wait);
  }

  void released() {
    if (!done) {
      hold.ended("released");
      proceed();
    }
  }

  void holdExpired() {
    hold.ended("expired");
    answer(hold.expired());
  }

  void answered(HttpClientResponse answer, Attempt by) {
    long length = HeaderRules.bodyLengthOf(request.method(), answer.statusCode(), answer.headers());
    Download next = Download.start(this, answer, response, by, length);
    download = next;
    if (length < 0 && client.takesHeadAlone()) {
      // The head does not wait for the first piece: a stream of events may begin with none.
      loop.soon(next::sendHead);
    }
  }

  void answerBegins(HttpClientResponse answer, long length) {
    upgrade.ifPresent(Upgrade::declined);
    writeHead(answer);
    announceClose();
    if (length < 0) {
      client.stream();
    }
  }

  void delivered(HttpClientResponse answer, Attempt by) {
    by.complete(answer);
    finish(ExchangeEnd.outcomeOf(status));
    client.closeIfTold(body);
  }

  void truncated(Attempt by) {
    by.truncated();
    failed = true;
    finish("truncated");
    client.breakOff();
  }

  private void writeHead(HttpClientResponse answer) {
    body.forget();
    status = answer.statusCode();
    failed = status >= 500;
    response.setStatusCode(status);
    HeaderRules.copyResponse(answer.headers(), response.headers(), subject.isFromRouter());
    response.headers().add(WireNames.VIA, loop.outboundHead().via(answer.version()));
  }

  /** The cell has agreed to a WebSocket: as a request it is over, as a connection it begins. */
  void granted(HttpClientResponse answer, TunnelEnd by) {
    attempt = null;
    writeHead(answer);
    status = Upgrade.SWITCHING;
    end("1xx", 0, 0).count(loop);
    upgrade.orElseThrow().granted(response, cell, by);
  }

  /** Whether by a table it would be where it is. */
  boolean staysBy(RouteTable table, Duration age) {
    return subject.decide(table, age, tries.told()).sendsTo(cell, remote.isPresent());
  }

  void answer(Refusal refusal) {
    if (done) {
      return;
    }
    status = refusal.status();
    failed = status >= 500;
    finish(refusal.problem().type().substring("/problems/".length()));
    if (response.headWritten()) {
      client.breakOff();
    } else {
      endAfter(Problems.write(response, refusal, subject.isFromRouter()));
    }
  }

  private void endAfter(Future<Void> written) {
    written.onComplete(ignored -> client.closeIfTold(body));
  }

  /** Who was told so is closed, even if the rest of the body comes before the answer is out. */
  private void announceClose() {
    if (!body.isEnded() || loop.isDraining()) {
      client.closes();
    }
  }

  /** The client left, or sent what is no body. */
  private void broke(Throwable cause) {
    if (ClientSide.isUnreadable(cause)) {
      client.closes();
      answer(Refusal.of(400, "bad-body", "the body is not framed as its head says"));
    } else {
      clientGone();
    }
  }

  /** Whether it is the client's turn to send. */
  boolean waitsForBody() {
    return body.isFlowing();
  }

  void bodyTooSlow() {
    client.closes();
    answer(Refusal.of(408, "slow-body", "the body came too slowly"));
  }

  /**
   * The client left, or its WebSocket has ended. A stream of HTTP/2 is closed by the end of its
   * answer already.
   */
  void clientGone() {
    if (!done && !response.ended()) {
      finish("client-gone");
    }
  }

  /** Ends it: gives back everything and counts it. */
  private void finish(String outcome) {
    done = true;
    hold.abandon();
    if (retryTimer != null) {
      loop.cancel(retryTimer);
    }
    if (download != null) {
      download.stop();
    }
    near.stop();
    Attempt running = attempt;
    attempt = null;
    if (running != null) {
      running.abandon();
    }
    if (!response.headWritten()) {
      announceClose();
    }
    upgrade.ifPresent(Upgrade::over);
    client.ended(this);
    if (upgrade.isPresent() && upgrade.get().isOpen()) {
      Upgrade opened = upgrade.get();
      end(opened.outcome(), opened.bytesIn(), opened.bytesOut()).log(loop);
    } else {
      end(outcome, body.received(), response.bytesWritten()).tell(loop);
    }
  }

  private ExchangeEnd end(String outcome, long bytesIn, long bytesOut) {
    return new ExchangeEnd(
        subject, cell, status, outcome, failed, arrivedNanos, hold.nanos(), bytesIn, bytesOut);
  }
}
