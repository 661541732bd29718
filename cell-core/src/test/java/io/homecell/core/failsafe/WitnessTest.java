package io.homecell.core.failsafe;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.coordination.DatacenterState.State;
import io.homecell.core.topology.TopologyFile;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** When a witness says yes, and that nobody can say it in its place. */
@Timeout(60)
class WitnessTest {
  private static final Duration AT_MOST = Duration.ofSeconds(5);

  @TempDir private Path folder;
  private FailsafeMembers members;
  private Witness south;

  @BeforeEach
  void learn() throws Exception {
    members = members("s:1");
    south = new Witness(members);
    south.learn("n", State.ACTIVE, 4, members.text());
    south.learnRoutes(7);
  }

  /** The topology of the tests with other addresses for s; w listens where nobody does. */
  private FailsafeMembers members(String south) throws Exception {
    Path scenario = Path.of(WitnessTest.class.getResource("/topology/valid-failsafe.yaml").toURI());
    String yaml = Files.readString(scenario).replace("10.0.2.1:8091", south);
    Path file = folder.resolve("topology.yaml");
    Files.writeString(file, yaml);
    return FailsafeMembers.of(TopologyFile.read(file)).orElseThrow();
  }

  private Witness.Question question(long datacenterEpoch, long routeEpoch) {
    return new Witness.Question("n", members.text(), datacenterEpoch, routeEpoch);
  }

  @ParameterizedTest
  @CsvSource({
    "4, 7, ''",
    "5, 9, ''",
    "3, 7, NEWER_DATACENTER_EPOCH",
    "4, 6, NEWER_ROUTE_EPOCH",
  })
  void confirmsUnlessItKnowsANewerEpoch(long datacenterEpoch, long routeEpoch, String refusal) {
    assertThat(south.confirm(question(datacenterEpoch, routeEpoch)).refusal()).isEqualTo(refusal);
  }

  @Test
  void confirmsNothingBeforeItHasReadZooKeeper() {
    Witness restarted = new Witness(members);
    assertThat(restarted.confirm(question(4, 7)).refusal()).isEqualTo("NO_PROOF_YET");
    // A loss that it was told of and that was taken back is no proof either.
    restarted.lose(new Witness.Loss("n", members.text(), 5));
    assertThat(restarted.confirm(question(6, 7)).refusal()).isEqualTo("DATACENTER_LOST");
    restarted.learn("n", State.ACTIVE, 6, members.text());
    assertThat(restarted.confirm(question(6, 7)).yes()).isTrue();
  }

  @Test
  void aLossHoldsUntilAStateOfAHigherEpochIsRead() {
    assertThat(south.lose(new Witness.Loss("n", members.text(), 5)).yes()).isTrue();
    // Read before the loss was declared, and come late.
    assertThat(south.learn("n", State.ACTIVE, 4, members.text())).isFalse();
    assertThat(south.learn("n", State.ACTIVE, 5, members.text())).isTrue();
    assertThat(south.confirm(question(9, 9)).refusal()).isEqualTo("DATACENTER_LOST");
    assertThat(south.learn("n", State.ACTIVE, 6, members.text())).isTrue();
    assertThat(south.confirm(question(6, 9)).yes()).isTrue();
  }

  @Test
  void aLossOfALowerEpochIsRefused() {
    assertThat(south.lose(new Witness.Loss("n", members.text(), 3)).refusal())
        .isEqualTo("EPOCH_WENT_BACK");
    assertThat(south.confirm(question(4, 7)).yes()).isTrue();
  }

  @Test
  void whoAsksWithOtherMembersIsRefused() {
    assertThat(south.confirm(new Witness.Question("n", "n=a:1 s=b:2", 4, 7)).refusal())
        .isEqualTo("MEMBERS_DIFFER");
    assertThat(south.lose(new Witness.Loss("n", "n=a:1 s=b:2", 5)).refusal())
        .isEqualTo("MEMBERS_DIFFER");
    south.learn("n", State.ACTIVE, 4, "n=a:1 s=b:2");
    assertThat(south.confirm(question(4, 7)).refusal()).isEqualTo("MEMBERS_DIFFER");
    assertThat(south.confirm(new Witness.Question("x", members.text(), 4, 7)).refusal())
        .isEqualTo("UNKNOWN_DATACENTER");
  }

  /** A witness of s that listens, under an address that the members have. */
  private WitnessServer serve(MeterRegistry metrics) throws Exception {
    while (true) {
      // Below those that outgoing connections take.
      int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
      members = members("127.0.0.1:" + port);
      south = new Witness(members);
      south.learn("n", State.ACTIVE, 4, members.text());
      try {
        return WitnessServer.start("127.0.0.1", port, "secret", south, metrics);
      } catch (BindException taken) {
        // the next one
      }
    }
  }

  @Test
  void allMustConfirmAndOneMayRecordALoss() throws Exception {
    MeterRegistry metrics = new SimpleMeterRegistry();
    try (WitnessServer server = serve(metrics)) {
      WitnessClient client = new WitnessClient(members, "secret");
      // Nobody listens at the address of w.
      assertThat(client.confirm(question(4, 7), AT_MOST))
          .singleElement()
          .asString()
          .startsWith("w at 127.0.0.1:1")
          .contains("UNREACHABLE");
      assertThat(metrics.counter("hc.failsafe.answers", "answer", "yes").count()).isOne();
      assertThat(client.lose(new Witness.Loss("n", members.text(), 5), AT_MOST).witness())
          .hasValue("s at 127.0.0.1:" + server.port());
      assertThat(client.confirm(question(5, 7), AT_MOST))
          .hasSize(2)
          .anyMatch(why -> why.startsWith("s at ") && why.contains("DATACENTER_LOST"));
    }
    assertThat(
            new WitnessClient(members, "secret")
                .lose(new Witness.Loss("n", members.text(), 6), AT_MOST))
        .satisfies(
            nobody -> {
              assertThat(nobody.witness()).isEmpty();
              assertThat(nobody.reasons()).hasSize(2).allMatch(why -> why.contains("UNREACHABLE"));
            });
  }

  @Test
  void nobodyWithoutTheSecretIsAnsweredOrBelieved() throws Exception {
    MeterRegistry metrics = new SimpleMeterRegistry();
    try (WitnessServer server = serve(metrics)) {
      HttpResponse<String> response =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(
                          URI.create("http://127.0.0.1:" + server.port() + WitnessMessage.CONFIRM))
                      .POST(HttpRequest.BodyPublishers.ofString("{\"nonce\":\"1\"}"))
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
      assertThat(response.statusCode()).isEqualTo(403);
      assertThat(new WitnessClient(members, "another").confirm(question(4, 7), AT_MOST))
          .anyMatch(why -> why.startsWith("s at ") && why.contains("NOT_SIGNED"));
    }
  }
}
