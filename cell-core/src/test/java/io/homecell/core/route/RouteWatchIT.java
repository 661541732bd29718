package io.homecell.core.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.coordination.CoordinationException;
import io.homecell.core.testing.Eventually;
import io.homecell.core.testing.Tables;
import io.homecell.core.testing.ZooKeeperFixture;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class RouteWatchIT {
  private static final Duration FIRST_WITHIN = Duration.ofSeconds(10);

  @TempDir private Path folder;
  private ZooKeeperFixture zookeeper;
  private CuratorFramework client;
  private RouteStore store;

  @BeforeEach
  void start() throws Exception {
    zookeeper = ZooKeeperFixture.start();
    client = zookeeper.client();
    store = new RouteStore(client);
  }

  @AfterEach
  void stop() throws Exception {
    zookeeper.close();
  }

  private Path copy() {
    return folder.resolve("routes.json");
  }

  private RouteWatch watch() {
    return RouteWatch.start(zookeeper.startedClient(), copy(), Tables.SLOTS, FIRST_WITHIN);
  }

  @Test
  void followsEveryChange() throws Exception {
    store.createIfAbsent(Tables.halves(1, 1));
    List<Long> told = new CopyOnWriteArrayList<>();
    try (RouteWatch watch = watch()) {
      AutoCloseable listening = watch.onChange(newer -> told.add(newer.epoch()));
      for (long epoch = 1; epoch < 20; epoch++) {
        store.update(epoch, Tables.halves(epoch + 1, epoch + 1));
      }
      Eventually.holds(() -> assertThat(watch.current()).isEqualTo(Tables.halves(20, 20)));
      Eventually.holds(() -> assertThat(told).isSorted().endsWith(20L));
      Eventually.holds(() -> assertThat(Files.readString(copy())).startsWith("{\"epoch\":20,"));
      listening.close();
    }
  }

  @Test
  void waitsForATableThatIsNotThereYet() throws Exception {
    CompletableFuture<RouteWatch> starting = CompletableFuture.supplyAsync(this::watch);
    store.createIfAbsent(Tables.halves(1, 1));
    try (RouteWatch watch = starting.get(20, TimeUnit.SECONDS)) {
      assertThat(watch.current().epoch()).isEqualTo(1);
    }
  }

  @Test
  void withoutAnyTableSaysSo() {
    assertThatThrownBy(() -> RouteWatch.start(client, copy(), Tables.SLOTS, Duration.ofMillis(300)))
        .isInstanceOf(CoordinationException.class)
        .hasMessageContaining("no route table");
  }

  @Test
  void aWaitEndsWithTheEpochItWaitsForAndNotBefore() throws Exception {
    store.createIfAbsent(Tables.halves(1, 1));
    try (RouteWatch watch = watch()) {
      CompletableFuture<RouteTable> waiting = awaiting(watch, 9, 2);
      store.update(1, Tables.halves(1, 1).withMoving(List.of(9), "north-1"));
      store.update(2, Tables.halves(3, 2).withMoving(List.of(9), "north-1"));
      long before = store.read().orElseThrow().table().epoch();
      Eventually.holds(() -> assertThat(watch.current().epoch()).isEqualTo(before));
      assertThat(Eventually.stays(Duration.ofMillis(200), () -> !waiting.isDone())).isTrue();
      store.update(before, Tables.halves(before + 1, 2));
      assertThat(waiting.get(20, TimeUnit.SECONDS).of(9)).isEqualTo(SlotRoute.open("south-1", 2));
      // One that is never reached ends with the table as it is.
      assertThat(watch.awaitSlotEpoch(9, 99, Duration.ofMillis(50)).of(9).epoch()).isEqualTo(2);
    }
  }

  private static CompletableFuture<RouteTable> awaiting(RouteWatch watch, int slot, long epoch) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return watch.awaitSlotEpoch(slot, epoch, Duration.ofSeconds(30));
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void afterASessionLossReadsWhatItMissed() throws Exception {
    store.createIfAbsent(Tables.halves(1, 1));
    CuratorFramework own = zookeeper.client();
    try (RouteWatch watch = RouteWatch.start(own, copy(), Tables.SLOTS, FIRST_WITHIN)) {
      zookeeper.endSession(own);
      store.update(1, Tables.halves(2, 2));
      Eventually.holds(() -> assertThat(watch.current().epoch()).isEqualTo(2));
      store.update(2, Tables.halves(3, 3));
      Eventually.holds(() -> assertThat(watch.current().epoch()).isEqualTo(3));
    }
  }

  @Test
  void keepsTheTableWhileZooKeeperIsAwayAndCatchesUpAfterwards() throws Exception {
    store.createIfAbsent(Tables.halves(1, 1));
    SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    try (RouteWatch watch = watch().metered(metrics)) {
      zookeeper.stop();
      assertThat(watch.current()).isEqualTo(Tables.halves(1, 1));
      Eventually.holds(() -> assertThat(watch.age()).isGreaterThan(Duration.ofSeconds(6)));
      assertThat(metrics.get("hc.route.epoch").gauge().value()).isEqualTo(1);
      assertThat(metrics.get("hc.route.age.seconds").gauge().value()).isGreaterThan(6);
      zookeeper.restart();
      Eventually.holds(() -> store.update(1, Tables.halves(2, 2)));
      Eventually.holds(() -> assertThat(watch.current().epoch()).isEqualTo(2));
      Eventually.holds(() -> assertThat(watch.age()).isLessThan(Duration.ofSeconds(4)));
    }
  }

  @Test
  void neverGoesToALowerEpoch() throws Exception {
    store.createIfAbsent(Tables.halves(7, 7));
    try (RouteWatch watch = watch()) {
      byte[] older = RouteTableJson.write(Tables.halves(6, 9)).getBytes(StandardCharsets.UTF_8);
      client.setData().forPath(RouteStore.PATH, older);
      assertThat(Eventually.stays(Duration.ofMillis(500), () -> watch.current().epoch() == 7))
          .isTrue();
      client.setData().forPath(RouteStore.PATH, "garbage".getBytes(StandardCharsets.UTF_8));
      byte[] newer = RouteTableJson.write(Tables.halves(8, 9)).getBytes(StandardCharsets.UTF_8);
      client.setData().forPath(RouteStore.PATH, newer);
      Eventually.holds(() -> assertThat(watch.current().epoch()).isEqualTo(8));
    }
  }

  @Test
  void startsFromTheCopyWhenZooKeeperIsAway() throws Exception {
    new LastGoodCopy(copy(), Tables.SLOTS).write(Tables.halves(5, 4));
    zookeeper.stop();
    try (RouteWatch watch = watch()) {
      assertThat(watch.current()).isEqualTo(Tables.halves(5, 4));
      zookeeper.restart();
      Eventually.holds(() -> store.createIfAbsent(Tables.halves(6, 6)));
      Eventually.holds(() -> assertThat(watch.current().epoch()).isEqualTo(6));
    }
  }

  @Test
  void aCopyThatIsNewerThanZooKeeperWins() {
    new LastGoodCopy(copy(), Tables.SLOTS).write(Tables.halves(5, 4));
    store.createIfAbsent(Tables.halves(2, 2));
    try (RouteWatch watch = watch()) {
      assertThat(watch.current().epoch()).isEqualTo(5);
    }
  }

  @Test
  void aBrokenCopyIsIgnored() throws Exception {
    Files.writeString(copy(), "{\"epoch\":9,\"slots\":16,\"runs\":[{\"slots\":\"0-7\"");
    store.createIfAbsent(Tables.halves(1, 1));
    try (RouteWatch watch = watch()) {
      assertThat(watch.current().epoch()).isEqualTo(1);
    }
  }
}
