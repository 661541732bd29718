package io.homecell.core.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.failsafe.FailsafeMembers;
import io.homecell.core.lease.FailsafeModel.Broken;
import io.homecell.core.topology.TopologyFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * In failsafe mode no schedule of faults lets two datacenters write; each of the rules is needed,
 * since without it some schedule does.
 */
class FailsafeModelTest {
  private static final int SEEDS = 20_000;
  private static final int STEPS = 600;

  private static FailsafeMembers members;

  @BeforeAll
  static void read() throws IOException, URISyntaxException {
    Path file =
        Path.of(FailsafeModelTest.class.getResource("/topology/valid-failsafe.yaml").toURI());
    members = FailsafeMembers.of(TopologyFile.read(file)).orElseThrow();
  }

  private static Optional<List<String>> violation(Broken broken, int seed) {
    return new FailsafeModel(members, broken, seed).violationWithin(STEPS);
  }

  @Test
  void neverTwoWriters() {
    int failovers = 0;
    int extensions = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      FailsafeModel model = new FailsafeModel(members, Broken.NOTHING, seed);
      Optional<List<String>> violation = model.violationWithin(STEPS);
      assertThat(violation)
          .as("seed %d:%n%s", seed, String.join("\n", violation.orElse(List.of())))
          .isEmpty();
      failovers += model.failovers;
      extensions += model.failsafeExtensions;
    }
    assertThat(failovers).as("failovers that went through").isGreaterThan(SEEDS / 2);
    assertThat(extensions).as("leases extended in failsafe mode").isGreaterThan(SEEDS);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NOTHING")
  void eachRuleIsNeeded(Broken broken) {
    for (int seed = 0; seed < SEEDS; seed++) {
      if (violation(broken, seed).isPresent()) {
        return;
      }
    }
    assertThat(broken).as("a rule that no schedule needs").isNull();
  }
}
