package io.homecell.coordinator.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.Optional;

/**
 * What a failover is known to leave behind, for one pair of cells, before the lost cell returns and
 * tells exactly.
 *
 * @param lastHeartbeatApplied the newest heartbeat of the lost cell that the target holds: what was
 *     committed before it has arrived, but for the gaps
 * @param gaps transactions of the lost cell that the target lacks although it has later ones, as a
 *     GTID set; empty if there are none
 * @param lagMillis the pipeline's last known lag
 * @param lagAt when that lag was reported
 */
public record Loss(
    String source,
    String target,
    Optional<Instant> lastHeartbeatApplied,
    Optional<String> gaps,
    Optional<Long> lagMillis,
    Optional<Instant> lagAt) {
  /** The loss in a sentence. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public String sentence() {
    String heartbeat =
        lastHeartbeatApplied
            .map(
                at ->
                    "everything committed before "
                        + at
                        + " has arrived"
                        + gaps.map(gtids -> " but for " + gtids).orElse(""))
            .orElse("no heartbeat of it ever arrived: how much is missing is not known");
    String lag =
        lagMillis
            .map(
                millis ->
                    "; last known lag " + millis + " ms" + lagAt.map(at -> " at " + at).orElse(""))
            .orElse("; its lag is not known");
    return source + " -> " + target + ": " + heartbeat + lag;
  }
}
