package io.homecell.sync.pipeline;

import io.homecell.sync.verify.Verified;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a pipeline does, for operators and for the coordinator. Written as JSON to ZooKeeper each
 * second; a reader takes an old {@code at} as a pipeline that nobody runs.
 *
 * @param detail why it waits or stands still; empty when there is nothing to say
 * @param lagMillis how far the target is behind; absent before the first beat
 * @param skipped transactions that the target had already, its own among them
 * @param admin the admin port of the process that runs it, as {@code http://host:port}
 * @param verified what the last verification of its two cells has found
 * @param throttled why a verification or a repair of its two cells waits now
 * @param flow how fast it is; of a pipeline that is run
 * @param warnings what will stop it or make the copies differ one day, each as {@code NAME: what is
 *     found; what to do}
 * @param recent how much it carried before its last transaction
 */
public record PipelineStatus(
    String source,
    String target,
    State state,
    String detail,
    Optional<Long> lagMillis,
    long applied,
    long skipped,
    long stranded,
    long conflicts,
    Optional<String> lastAppliedGtid,
    Instant at,
    Optional<String> admin,
    Optional<Verified> verified,
    Optional<String> throttled,
    Optional<Flow> flow,
    List<String> warnings,
    Optional<RecentWrites.Recent> recent) {

  /** How the detail begins whenever a pipeline stands still whose target is not fully loaded. */
  static final String LOADING_DETAIL = "loading: ";

  /** What a pipeline does. */
  public enum State {
    /** Another worker runs it, or the election is under way; this one takes over if need be. */
    STANDBY,
    /** Connecting, or waiting to try again; the detail says for whom. */
    STARTING,
    /** The target is being filled from the source; the detail says how far it is. */
    LOADING,
    /** Carrying over what piled up. */
    CATCHING_UP,
    /** Up with the source, but for the lag. */
    STREAMING,
    /** Stopped in order. */
    STOPPED,
    /** Stands still until a person changes something; the detail says what. */
    BROKEN
  }

  /** That of a worker which does not run the pipeline. */
  static PipelineStatus standby(PipelineSettings settings) {
    return new PipelineStatus(
        settings.source().cell(),
        settings.target().cell(),
        State.STANDBY,
        "",
        Optional.empty(),
        0,
        0,
        0,
        0,
        Optional.empty(),
        Instant.now(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        Optional.empty());
  }

  /** The same, with what its process knows. */
  PipelineStatus with(
      String adminUrl, Optional<Verified> lastVerified, Optional<String> nowThrottled) {
    return new PipelineStatus(
        source,
        target,
        state,
        detail,
        lagMillis,
        applied,
        skipped,
        stranded,
        conflicts,
        lastAppliedGtid,
        at,
        Optional.of(adminUrl),
        lastVerified,
        nowThrottled,
        flow,
        warnings,
        recent);
  }
}
