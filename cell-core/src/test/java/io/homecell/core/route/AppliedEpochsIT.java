package io.homecell.core.route;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.testing.Eventually;
import io.homecell.core.testing.Tables;
import io.homecell.core.testing.ZooKeeperFixture;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class AppliedEpochsIT {
  @TempDir private Path folder;

  @Test
  void publishesWhatIsAppliedAlsoAfterASessionLossAndARestart() throws Exception {
    try (ZooKeeperFixture zookeeper = ZooKeeperFixture.start()) {
      CuratorFramework observer = zookeeper.client();
      RouteStore store = new RouteStore(observer);
      AppliedEpochs epochs = new AppliedEpochs(observer);
      store.createIfAbsent(Tables.halves(1, 1));
      assertThat(epochs.list()).isEmpty();

      CuratorFramework own = zookeeper.client();
      try (RouteWatch routes =
              RouteWatch.start(
                  own, folder.resolve("routes.json"), Tables.SLOTS, Duration.ofSeconds(10));
          AutoCloseable publishing =
              AppliedEpochs.publish(
                  own,
                  routes,
                  "account",
                  "north-1.account.1",
                  "north",
                  Optional.of("north-1"),
                  Optional.of("127.0.0.1:7001"))) {
        assertThat(publishing).isNotNull();
        Eventually.holds(() -> assertThat(epochs.list()).containsExactly(applied(1)));
        store.update(1, Tables.halves(2, 2));
        Eventually.holds(() -> assertThat(epochs.list()).containsExactly(applied(2)));

        zookeeper.endSession(own);
        store.update(2, Tables.halves(3, 3));
        Eventually.holds(() -> assertThat(epochs.list()).containsExactly(applied(3)));

        zookeeper.stop();
        zookeeper.restart();
        Eventually.holds(() -> store.update(3, Tables.halves(4, 4)));
        Eventually.holds(() -> assertThat(epochs.list()).containsExactly(applied(4)));
      }
      Eventually.holds(() -> assertThat(epochs.list()).isEmpty());
    }
  }

  private static AppliedEpochs.Applied applied(long epoch) {
    return new AppliedEpochs.Applied(
        "account",
        "north-1.account.1",
        "north",
        Optional.of("north-1"),
        epoch,
        Optional.of("127.0.0.1:7001"));
  }
}
