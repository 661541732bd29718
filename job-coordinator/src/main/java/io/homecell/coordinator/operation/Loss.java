package io.homecell.coordinator.operation;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a failover is known to leave behind, for one pair of cells, before the lost cell returns and
 * tells exactly. What can't be known is named as such.
 *
 * @param lastHeartbeatApplied the newest heartbeat of the lost cell that the target holds: what was
 *     committed before it has arrived, but for the gaps
 * @param gaps transactions of the lost cell that the target lacks although it has later ones, as a
 *     GTID set; empty if there are none
 * @param lagMillis the pipeline's last known lag
 * @param lagAt when that lag was reported
 * @param figures what else is known; absent in records of earlier versions
 */
public record Loss(
    String source,
    String target,
    Optional<Instant> lastHeartbeatApplied,
    Optional<String> gaps,
    Optional<Long> lagMillis,
    Optional<Instant> lagAt,
    Optional<Figures> figures) {

  /**
   * Figures, as of one moment.
   *
   * @param captured what the pipeline had read and not applied; empty if no pipeline reports
   * @param recent how much was written before the last transaction that arrived; empty if none did
   *     since the pipeline's process started
   * @param peers what the other cells of the group have of the lost one
   */
  public record Figures(
      Instant statedAt, Optional<Captured> captured, Optional<Recent> recent, List<Peer> peers) {
    public Figures {
      peers = List.copyOf(peers);
    }
  }

  /**
   * Read from the lost cell and not applied, by the pipeline's last status.
   *
   * @param statusAgeMillis how old that is
   */
  public record Captured(String state, long transactions, long bytes, long statusAgeMillis) {}

  /** Transactions that arrived within so many seconds up to the last one, and their slots. */
  public record Recent(long transactions, int slots, int seconds) {
    double perSecond() {
      return (double) transactions / seconds;
    }
  }

  /**
   * Another cell of the group.
   *
   * @param lacking transactions of the lost cell that it has and the target lacks, as a GTID set
   * @param unknown why it could not be asked
   */
  public record Peer(
      String cell, Optional<String> lacking, long transactions, Optional<String> unknown) {}

  /** The loss in a sentence. */
  @JsonProperty(access = JsonProperty.Access.READ_ONLY)
  public String sentence() {
    StringBuilder text = new StringBuilder(source + " -> " + target + ": ");
    text.append(
        lastHeartbeatApplied
            .map(
                at ->
                    "everything committed before "
                        + at
                        + figures.map(known -> " (" + since(at, known) + " s ago)").orElse("")
                        + " has arrived"
                        + gaps.map(gtids -> " but for " + gtids).orElse("")
                        + figures.map(known -> atMost(at, known)).orElse(""))
            .orElse("no heartbeat of it ever arrived: how much is missing is not known"));
    text.append(
        lagMillis
            .map(
                millis ->
                    "; last known lag " + millis + " ms" + lagAt.map(at -> " at " + at).orElse(""))
            .orElse("; its lag is not known"));
    figures.ifPresent(known -> append(text, known));
    return text.toString();
  }

  private static String since(Instant heartbeat, Figures known) {
    return String.format(Locale.ROOT, "%.1f", seconds(heartbeat, known));
  }

  private static double seconds(Instant heartbeat, Figures known) {
    return Math.max(0, Duration.between(heartbeat, known.statedAt()).toMillis()) / 1_000.0;
  }

  /** Until when it wrote is not known, so this is the most that it can be. */
  private static String atMost(Instant heartbeat, Figures known) {
    return "; at most "
        + since(heartbeat, known)
        + " s of writes are lost, "
        + known
            .recent()
            .map(
                recent ->
                    String.format(
                        Locale.ROOT,
                        "by its last rate %.0f transactions (%d on %d slots in the %d s before the"
                            + " last that arrived)",
                        Math.ceil(recent.perSecond() * seconds(heartbeat, known)),
                        recent.transactions(),
                        recent.slots(),
                        recent.seconds()))
            .orElse("how many transactions is not known");
  }

  private static void append(StringBuilder text, Figures known) {
    text.append(
        known
            .captured()
            .map(
                one ->
                    String.format(
                        Locale.ROOT,
                        "; captured and not applied: %d transactions, %d bytes (%s, %d ms ago)",
                        one.transactions(),
                        one.bytes(),
                        one.state(),
                        one.statusAgeMillis()))
            .orElse("; what was captured and not applied is not known: no pipeline reports"));
    for (Peer peer : known.peers()) {
      text.append("; ").append(peer.cell());
      text.append(
          peer.unknown()
              .map(why -> " can't be asked what it has of it: " + why)
              .orElseGet(
                  () ->
                      peer.lacking()
                          .map(
                              gtids ->
                                  " has "
                                      + peer.transactions()
                                      + " transactions of it that are not here yet: "
                                      + gtids)
                          .orElse(" has nothing more of it")));
    }
    text.append("; which users is known when it returns");
  }
}
