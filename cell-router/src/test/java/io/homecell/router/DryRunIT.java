package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.http.AdminServer.Request;
import io.homecell.router.TableEndpoints.DryRun;
import io.homecell.router.TableEndpoints.Move;
import io.homecell.router.handover.PortClaim;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a switch would move, by the requests that a router has just served. */
@Timeout(60)
class DryRunIT {
  @Test
  void usersAndRequestsOfTheSlotsThatWouldMove() throws Exception {
    try (LoneRouter edge = new LoneRouter()) {
      LoneRouter.Running running = edge.start(PortClaim.ALONE);
      for (int user : new int[] {1, 1, 2, 17, 5}) {
        ask(edge.port, user);
      }
      TableEndpoints endpoints =
          new TableEndpoints(
              running.parts().topology(), running.parts().routes(), running.router().traffic());
      Request request =
          new Request("GET", "/routes/dry-run", Map.of("slots", "0-3", "to", "south-1"), "");
      // Counted when the answer is out, which may be a moment after it was read.
      Deployment.await("all are counted", () -> running.served() == 5);
      DryRun dryRun = (DryRun) endpoints.dryRun(request).body();
      assertThat(dryRun.moves())
          .containsExactly(new Move("north-1", "south-1", true, "0-3", 4, 3, false, 4));
      running.router().close();
    }
  }

  private static void ask(int port, int user) throws IOException {
    try (RawClient client = new RawClient(port)) {
      client.send(
          "GET /orders HTTP/1.1\r\nHost: h\r\nX-User-Id: "
              + user
              + "\r\nConnection: close\r\n\r\n");
      assertThat(client.readAll()).startsWith("HTTP/1.1 200");
    }
  }
}
