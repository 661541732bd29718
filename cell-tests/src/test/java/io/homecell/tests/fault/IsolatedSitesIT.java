package io.homecell.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The faults that the fault tests make are real. */
@Timeout(240)
class IsolatedSitesIT {
  private static final String PORT = "7";
  private IsolatedSites sites;

  @BeforeEach
  void make() {
    assumeTrue(IsolatedSites.available(), "network namespaces need root and iproute2");
    sites = IsolatedSites.of("north", "south");
  }

  @AfterEach
  void remove() {
    if (sites != null) {
      sites.close();
    }
  }

  @Test
  void aSiteReachesTheOtherUntilItIsCutAndAgainWhenItIsMended() throws Exception {
    assertThat(connect("north", "south")).isEqualTo("refused");
    sites.cut("north", "south");
    assertThat(connect("north", "south")).isEqualTo("silent");
    sites.mend("north", "south");
    assertThat(connect("north", "south")).isEqualTo("refused");
    sites.cut("south", "north");
    assertThat(connect("north", "south")).as("answers are lost").isEqualTo("silent");
    sites.mendAll();
    assertThat(connect("south", "north")).isEqualTo("refused");
    sites.slow("north", 100);
    assertThat(connect("north", "south")).isEqualTo("refused");
  }

  @Test
  void theNamesOfANetworkAreFreeAsSoonAsItIsClosed() {
    for (int time = 0; time < 50; time++) {
      sites.close();
      sites = IsolatedSites.of("north", "south");
    }
    assertThat(sites.host()).as("no network was left behind").matches("10\\.213\\.[1-3]\\.254");
  }

  /** Nobody listens, so who can be reached refuses. */
  private String connect(String from, String to) throws Exception {
    Process process =
        new ProcessBuilder(
                sites.in(
                    from,
                    "timeout",
                    "5",
                    "bash",
                    "-c",
                    "exec 3<>/dev/tcp/" + sites.address(to) + "/" + PORT))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    return process.exitValue() == 124 ? "silent" : "refused";
  }
}
