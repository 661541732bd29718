package io.homecell.core.topology;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.homecell.core.slot.SlotRange;
import io.homecell.core.slot.Slots;
import io.homecell.core.topology.Topology.EdgeRoute;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.core.topology.Topology.IdentitySource;
import io.homecell.core.topology.Topology.Job;
import io.homecell.core.topology.Topology.Priority;
import io.homecell.core.topology.Topology.Quota;
import io.homecell.core.topology.Topology.Rate;
import io.homecell.core.topology.Topology.Target;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each file of {@code src/test/resources/topology} is a case: its lines {@code # expect: …} are the
 * problems that it must be refused with, in their order, without the file's name; none means that
 * it is valid.
 */
class TopologyFileTest {
  private static final String EXPECT = "# expect: ";

  static Stream<Path> scenarios() throws IOException, URISyntaxException {
    Path folder = Path.of(TopologyFileTest.class.getResource("/topology").toURI());
    List<Path> files;
    try (Stream<Path> listed = Files.list(folder)) {
      files = listed.sorted().toList();
    }
    return files.stream();
  }

  @ParameterizedTest
  @MethodSource("scenarios")
  void tellsWhatTheScenarioExpects(Path file) throws IOException {
    List<String> expected =
        Files.readAllLines(file).stream()
            .filter(line -> line.startsWith(EXPECT))
            .map(line -> file + ":" + line.substring(EXPECT.length()))
            .toList();
    if (expected.isEmpty()) {
      assertThat(TopologyFile.read(file).cells()).isNotEmpty();
      return;
    }
    TopologyException refused =
        catchThrowableOfType(TopologyException.class, () -> TopologyFile.read(file));
    assertThat(refused).as("refused").isNotNull();
    assertThat(refused.problems().stream().map(Object::toString))
        .containsExactlyElementsOf(expected);
  }

  @Test
  void theDefaultTopologyBecomesRecords() {
    Topology topology = TopologyFile.read(Path.of("../topology.yaml"));

    assertThat(topology.slots()).isEqualTo(new Slots(1024));
    assertThat(topology.coordination())
        .isEqualTo(
            new Topology.Coordination(
                "127.0.0.1:2181", Duration.ofSeconds(6), Duration.ofSeconds(8)));
    assertThat(topology.datacenters().keySet()).containsExactly("north", "south");
    assertThat(topology.datacenter("south"))
        .isEqualTo(
            new Topology.Datacenter(
                "south", "shenzhen", new Endpoint("127.0.0.1", 8082), "127.0.0.1:2181/south"));
    assertThat(topology.cell("north-1"))
        .isEqualTo(
            new Topology.Cell(
                "north-1",
                "north",
                "g1",
                List.of(new SlotRange(0, 511)),
                new Endpoint("127.0.0.1", 3411)));
    assertThat(topology.services().values())
        .containsExactly(
            new Service.Unit("account"),
            new Service.Unit("trade"),
            new Service.Copy("catalog", "north"),
            new Service.Center("stock", "north", Optional.of("south")));
    assertThat(topology.copies()).containsExactly(new Service.Copy("catalog", "north"));
    assertThat(topology.centerOf(topology.copies().get(0)).name()).isEqualTo("north-1");
    assertThat(topology.edge().identity())
        .containsExactly(
            new IdentitySource.JwtClaim("sub"), new IdentitySource.Header("X-User-Id"));
    assertThat(topology.edge().routes())
        .hasSize(6)
        .startsWith(
            new EdgeRoute("/accounts", Optional.of("POST"), new Target.Nearest(), "account"),
            new EdgeRoute(
                "/accounts/{user}/**",
                Optional.empty(),
                new Target.SlotOfVariable("user"),
                "account"))
        .contains(new EdgeRoute("/orders", Optional.empty(), new Target.SlotOfIdentity(), "trade"));
    assertThat(topology.edge().routes().stream().filter(route -> route.nearLagMax().isPresent()))
        .as("nobody's own write is read from a copy")
        .extracting(EdgeRoute::path)
        .containsExactly("/merchants/{merchant}/**");
    assertThat(topology.jobs().values())
        .containsExactly(
            new Job("settlement", "0 0 2 * * ?", new Job.Scope.InDatacenter("north", true)),
            new Job("expire-orders", "*/30 * * * * ?", new Job.Scope.EachCell()));
    assertThat(topology.replication()).isEqualTo(Topology.Replication.USUAL);
  }

  @Test
  void aRouteMayHaveAPriorityAndRates() throws URISyntaxException {
    Path file =
        Path.of(TopologyFileTest.class.getResource("/topology/valid-edge-quotas.yaml").toURI());
    assertThat(TopologyFile.read(file).edge().routes().stream().map(EdgeRoute::quota))
        .containsExactly(
            new Quota(Priority.CRITICAL, Optional.empty(), Optional.empty()),
            new Quota(
                Priority.SHEDDABLE,
                Optional.of(new Rate(20, Duration.ofSeconds(1))),
                Optional.of(new Rate(2_000, Duration.ofSeconds(1)))),
            new Quota(
                Priority.NORMAL, Optional.of(new Rate(5, Duration.ofMinutes(1))), Optional.empty()),
            Quota.USUAL);
  }

  @Test
  void theCaptureAndTheLagThatThrottlesCanBeChosen() throws URISyntaxException {
    Path file = Path.of(TopologyFileTest.class.getResource("/topology/valid-capture.yaml").toURI());
    assertThat(TopologyFile.read(file).replication())
        .isEqualTo(
            new Topology.Replication(
                Topology.Capture.BINLOG, Duration.ofMillis(1_500), Topology.Stranded.REPLAY_CLEAN));
  }

  @Test
  void aRouteMayHaveAnIdentityOfItsOwn() throws URISyntaxException {
    Path file =
        Path.of(
            TopologyFileTest.class.getResource("/topology/valid-identity-of-routes.yaml").toURI());
    Topology.Edge edge = TopologyFile.read(file).edge();
    assertThat(edge.trusted()).extracting(Object::toString).contains("10.0.0.0/8", "fd00::/8");
    assertThat(edge.routes())
        .extracting(EdgeRoute::identity)
        .containsExactly(
            new Topology.RouteIdentity(
                Optional.of(
                    List.of(
                        new IdentitySource.JwtClaim("sub"),
                        new IdentitySource.Cookie("uid"),
                        new IdentitySource.PathVariable("cart"))),
                false),
            new Topology.RouteIdentity(
                Optional.of(List.of(new IdentitySource.Query("user"))), true),
            Topology.RouteIdentity.OF_THE_EDGE);
  }

  @Test
  void aRouteMayBeReadNearWithinALag() throws URISyntaxException {
    Path file =
        Path.of(TopologyFileTest.class.getResource("/topology/valid-near-reads.yaml").toURI());
    assertThat(TopologyFile.read(file).edge().routes())
        .extracting(EdgeRoute::nearLagMax)
        .containsExactly(
            Optional.of(Duration.ofSeconds(2)),
            Optional.of(Duration.ofMillis(500)),
            Optional.empty());
  }

  @Test
  void aServiceMaySayWhatTheEdgeSpeaksToIt() throws URISyntaxException {
    Path file =
        Path.of(TopologyFileTest.class.getResource("/topology/valid-upstream.yaml").toURI());
    assertThat(TopologyFile.read(file).services().values())
        .extracting(Service::upstream)
        .containsExactly(
            Service.Upstream.H2C,
            Service.Upstream.HTTP_1_1,
            Service.Upstream.H2C,
            Service.Upstream.HTTP_1_1);
  }

  @Test
  void aFileThatCannotBeReadIsAProblemToo(@TempDir Path folder) throws IOException {
    Path absent = folder.resolve("absent.yaml");
    assertThatExceptionOfType(TopologyException.class)
        .isThrownBy(() -> TopologyFile.read(absent))
        .withMessageContaining(absent + ":1:1 topology: can't be read: no such file");

    Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'a', ':', ' ', (byte) 0xe9});
    assertThatExceptionOfType(TopologyException.class)
        .isThrownBy(() -> TopologyFile.read(latin))
        .withMessageContaining("not UTF-8");
  }

  @Test
  void theSchemaIsPublished() {
    assertThat(TopologyFile.schema()).contains("https://json-schema.org/draft/2020-12/schema");
  }
}
