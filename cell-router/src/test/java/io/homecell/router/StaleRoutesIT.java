package io.homecell.router;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a router does that has not heard of ZooKeeper for long. */
@Timeout(60)
class StaleRoutesIT {
  /** Five seconds are between two confirmations; in the rest ZooKeeper stops. */
  private static final Duration LIMIT = Duration.ofSeconds(11);

  @TempDir Path folder;

  @Test
  void unsafeRequestsAreRefusedPastTheLimitAndSafeOnesGoOn() throws Exception {
    RouterSettings settings =
        RouterSettings.standard().withWarmUp(Duration.ZERO).withUnsafeRoutesAge(LIMIT);
    try (Deployment edge = new Deployment(folder, settings, Optional.empty())) {
      assertThat(post(edge).statusCode()).isEqualTo(200);
      edge.stopZookeeper();
      assertThat(post(edge).statusCode()).as("by the last table").isEqualTo(200);
      Deployment.await("unsafe requests are refused", () -> post(edge).statusCode() == 503);
      HttpResponse<String> refused = post(edge);
      assertThat(refused.body()).contains("routes-stale", "limit 11 s", "nothing was changed");
      assertThat(refused.headers().firstValue("Retry-After")).isPresent();
      assertThat(edge.get("north", "/accounts/1", 1).statusCode()).isEqualTo(200);
      edge.restartZookeeper();
      Deployment.await("the table is confirmed again", () -> post(edge).statusCode() == 200);
    }
  }

  private static HttpResponse<String> post(Deployment edge) {
    return edge.post("north", "/accounts/1/deposits", 1, "{}");
  }
}
