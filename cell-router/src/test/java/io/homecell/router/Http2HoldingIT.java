package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.handover.PortClaim;
import io.homecell.router.tls.TestAuthority;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Requests of one HTTP/2 connection are held one by one. */
@Timeout(30)
class Http2HoldingIT {
  @TempDir Path folder;
  private final TestAuthority authority = new TestAuthority("root");
  private final LoneRouter lone = new LoneRouter();
  private OneTable table;
  private LoneRouter.Running running;

  @BeforeEach
  void start() {
    Topology topology = TopologyFile.parse("test", lone.topology(LoneRouter.ROUTES));
    table = new OneTable(RouteTable.initial(topology));
    running =
        lone.start(
            PortClaim.ALONE,
            LoneRouter.settings()
                .withOperation(Operation.standard().withFarewell(Duration.ZERO))
                .withTls(
                    TlsTerms.standard()
                        .withFiles(Optional.of(authority.write(folder, authority.issue("edge"))))),
            Optional.empty(),
            topology,
            table);
  }

  @AfterEach
  void stop() throws Exception {
    running.router().close();
    lone.close();
  }

  @Test
  void whatIsHeldKeepsNothingElseOnItsConnectionWaiting() throws Exception {
    table.publish(table.current().withMoving(List.of(1), "south-1"));
    String piece = "p".repeat(16_000);
    try (RawHttp2 client = new RawHttp2(lone.port, authority.clientContext())) {
      client.request(1, 0, "POST", "/accounts/1/x", "x-user-id", "1");
      for (int i = 0; i < 4; i++) {
        client.data(1, 0, piece);
      }
      Deployment.await("it is held", () -> running.router().held() == 1);
      client.request(3, 0, "POST", "/accounts/2/x", "x-user-id", "2");
      client.data(3, 0, piece);
      client.data(3, RawHttp2.END_STREAM, piece);
      assertThat(client.head(3).status()).hasToString("200");
      assertThat(lone.cell.seen).hasSize(1);
      table.publish(table.current().withOpen(List.of(1)));
      client.data(1, RawHttp2.END_STREAM, "end");
      assertThat(client.head(1).status()).hasToString("200");
      assertThat(lone.cell.seen.get(1).body()).isEqualTo(piece.repeat(4) + "end");
    }
    assertThat(running.router().held()).isZero();
  }

  @Test
  void whoGivesUpWhatIsHeldIsNotHeldAnyMore() throws Exception {
    table.publish(table.current().withMoving(List.of(1), "south-1"));
    try (RawHttp2 client = new RawHttp2(lone.port, authority.clientContext())) {
      client.request(1, 0, "POST", "/accounts/1/x", "x-user-id", "1");
      client.request(3, RawHttp2.END_STREAM, "POST", "/accounts/1/x", "x-user-id", "1");
      Deployment.await("both are held", () -> running.router().held() == 2);
      client.reset(1);
      Deployment.await("one is held", () -> running.router().held() == 1);
      client.reset(3);
      Deployment.await("none is held", () -> running.router().held() == 0);
    }
    table.publish(table.current().withOpen(List.of(1)));
    assertThat(lone.cell.seen).isEmpty();
  }
}
