package io.homecell.sync.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.sync.check.Stall.Blocker;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StallTest {
  private static final Duration LONG = Duration.ofSeconds(12);

  private static String warning(Stall stall) {
    return Warnings.of("south-1", LONG, stall);
  }

  @Test
  void aFullDiskComesFirstWhicheverWayItIsSeen() {
    Blocker other = new Blocker(7, "root", "localhost", 3, true);
    assertThat(
            warning(
                new Stall(Set.of("Waiting for disk space"), Optional.empty(), Optional.of(other))))
        .isEqualTo(
            "TARGET_STALLED: south-1 answers and has committed nothing for 12.0 s, though something"
                + " waits; its disk is full: free space where the data and the binlog of south-1"
                + " are; it goes on by itself, up to a minute later");
    assertThat(
            warning(
                new Stall(
                    Set.of(), Optional.of("Disk is full writing './binlog.1'"), Optional.empty())))
        .contains("its disk is full (Disk is full writing './binlog.1'): free space");
  }

  @Test
  void commitsThatHangAreMostLikelyAFullDisk() {
    assertThat(
            warning(
                new Stall(
                    Set.of("waiting for handler commit", "Waiting for GTID to be committed"),
                    Optional.empty(),
                    Optional.empty())))
        .contains("its commits hang in the server, which is what a full disk does: free space");
  }

  @Test
  void aSessionInTheWayIsNamedWithHowItEnds() {
    assertThat(
            warning(
                new Stall(
                    Set.of("updating"),
                    Optional.empty(),
                    Optional.of(new Blocker(7, "app", "10.0.0.7:4711", 44, true)))))
        .endsWith(
            "; its sessions are in 'updating'; session 7 (app@10.0.0.7:4711, open for 44 s) holds"
                + " what they wait for: let it end, or KILL 7");
    assertThat(
            warning(
                new Stall(
                    Set.of(),
                    Optional.empty(),
                    Optional.of(new Blocker(7, "app", "10.0.0.7", 44, false)))))
        .endsWith(
            "; session 7 (app@10.0.0.7) has the oldest open transaction with locks, for 44 s: if it"
                + " is in the way (sys.innodb_lock_waits), let it end, or KILL 7");
  }

  @Test
  void whereNothingCanBeSeenItSaysWhereToLook() {
    assertThat(warning(new Stall(Set.of(), Optional.empty(), Optional.empty())))
        .contains("free disk space and error log", "sys.innodb_lock_waits");
  }
}
