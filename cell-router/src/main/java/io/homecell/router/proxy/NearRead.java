package io.homecell.router.proxy;

import io.homecell.core.http.CellHeaders;
import io.homecell.router.decide.Decision;
import io.homecell.router.decide.NearCopy;
import io.homecell.router.path.DecimalId;
import io.homecell.router.upstream.Upstream;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The part of an exchange that asks a copy first. It is asked once at most; whatever it does but
 * answer, the request goes to the owner as if no copy had been asked, which it can because only
 * what changes nothing and has no body is read near.
 *
 * <p>What it upholds: an answer that does not say how old the copy is, or that is an error, reaches
 * no client: what a copy does not find, its owner may have. Belongs to one event loop.
 */
final class NearRead {
  /** A copy is asked because it is quick; one that is not, is not waited for. */
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(1);

  private static final int ERRORS_FROM = 400;
  private static final int FAILURES_FROM = 500;

  /** How asking a copy ended. */
  enum Result {
    SERVED,
    /** Further behind than the route allows. */
    BEHIND,
    /** Without the write that the client names. */
    LACKS_WRITE,
    /** It can't tell how old it is. */
    UNKNOWN,
    /** An error, which the owner has to confirm. */
    ERROR,
    /** Broken off, not reached, or too late. */
    FAILED,
    NO_INSTANCE,
    OVERLOADED;

    /** For metrics. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }

    static Result of(int status, @Nullable String refusal) {
      if (refusal != null) {
        return switch (refusal) {
          case "behind" -> BEHIND;
          case "lacks-write" -> LACKS_WRITE;
          default -> UNKNOWN;
        };
      }
      if (status == Problems.MISDIRECTED || status < ERRORS_FROM) {
        return UNKNOWN;
      }
      return status < FAILURES_FROM ? ERROR : FAILED;
    }
  }

  private final EdgeLoop loop;
  private final Subject subject;
  private boolean wanted;
  private @Nullable NearCopy asked;
  private long timer;

  NearRead(EdgeLoop loop, Subject subject) {
    this.loop = loop;
    this.subject = subject;
    this.wanted = subject.isPlainRead();
  }

  /**
   * Begins it, if the route wants that and the owner is elsewhere.
   *
   * @param byTable where the request goes otherwise
   * @return the instance to send it to
   */
  Optional<Upstream> begin(Decision byTable) {
    if (!wanted || !(byTable instanceof Decision.Remote remote)) {
      return Optional.empty();
    }
    Optional<NearCopy> copy = subject.rules().decider().near(subject.destination(), remote);
    if (copy.isEmpty()) {
      return Optional.empty();
    }
    wanted = false;
    InstanceChoice.Choice choice =
        loop.instanceChoice()
            .choose(copy.get().at(), subject.priority(), Optional.empty(), System.nanoTime());
    if (choice instanceof InstanceChoice.Choice.Instance instance) {
      asked = copy.get();
      return Optional.of(instance.upstream());
    }
    loop.metrics()
        .nearRead(
            choice instanceof InstanceChoice.Choice.Overloaded
                ? Result.OVERLOADED
                : Result.NO_INSTANCE);
    return Optional.empty();
  }

  /** It is sent now, if it was begun; tells when the copy takes too long. */
  void sending(Runnable late) {
    if (asked != null) {
      timer = loop.after(ANSWER_WITHIN, late);
    }
  }

  /** Tells the copy what is asked of it. */
  void writeTo(MultiMap headers) {
    NearCopy copy = asked;
    if (copy != null) {
      headers.set(CellHeaders.NEAR, Long.toString(copy.lagMax().toMillis()));
    }
  }

  /**
   * Hears the head of an answer.
   *
   * @return whether it is a copy's that is not for the client; it is over then
   */
  boolean isTurnedAway(int status, MultiMap headers) {
    if (!stop()) {
      return false;
    }
    String text = headers.get(CellHeaders.COPY_AGE);
    OptionalLong age = text == null ? OptionalLong.empty() : DecimalId.parse(text);
    if (status < ERRORS_FROM && age.isPresent()) {
      loop.metrics().nearRead(Result.SERVED);
      loop.metrics().copyAge(age.getAsLong());
      return false;
    }
    loop.metrics().nearRead(Result.of(status, headers.get(CellHeaders.NEAR_REFUSED)));
    return true;
  }

  /**
   * The attempt has failed, in whatever way.
   *
   * @return whether it was a copy's, so that the owner has to be asked now
   */
  boolean hasFailed() {
    boolean asking = stop();
    if (asking) {
      loop.metrics().nearRead(Result.FAILED);
    }
    return asking;
  }

  /**
   * No copy is asked any more.
   *
   * @return whether one was
   */
  boolean stop() {
    boolean asking = asked != null;
    if (asking) {
      asked = null;
      loop.cancel(timer);
    }
    return asking;
  }
}
