package io.homecell.core.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.testing.Tables;
import io.homecell.core.testing.ZooKeeperFixture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RouteStoreIT {
  private ZooKeeperFixture zookeeper;
  private RouteStore store;

  @BeforeEach
  void start() throws Exception {
    zookeeper = ZooKeeperFixture.start();
    store = new RouteStore(zookeeper.client());
  }

  @AfterEach
  void stop() throws Exception {
    zookeeper.close();
  }

  @Test
  void isCreatedOnce() {
    assertThat(store.read()).isEmpty();
    assertThat(store.createIfAbsent(Tables.halves(1, 1))).isTrue();
    assertThat(store.createIfAbsent(Tables.halves(1, 9))).isFalse();
    assertThat(store.read().orElseThrow().table()).isEqualTo(Tables.halves(1, 1));
  }

  @Test
  void anUpdateOfAnOlderTableIsRefused() throws Exception {
    store.createIfAbsent(Tables.halves(1, 1));
    store.update(1, Tables.halves(2, 1));
    assertThatThrownBy(() -> store.update(1, Tables.halves(2, 5)))
        .isInstanceOfSatisfying(
            StaleRouteTableException.class, e -> assertThat(e.actualEpoch()).isEqualTo(2));
    assertThatThrownBy(() -> store.update(2, Tables.halves(2, 5)))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(store.read().orElseThrow().table()).isEqualTo(Tables.halves(2, 1));
  }

  @Test
  void ofManyWritersAtOnceOneWinsEachEpoch() throws Exception {
    store.createIfAbsent(Tables.halves(1, 1));
    int writers = 4;
    int wins = 25;
    ExecutorService threads = Executors.newFixedThreadPool(writers);
    try {
      List<Future<List<Long>>> won = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        won.add(threads.submit(writer(wins)));
      }
      List<Long> epochs = new ArrayList<>();
      for (Future<List<Long>> future : won) {
        epochs.addAll(future.get());
      }
      assertThat(epochs).doesNotHaveDuplicates().hasSize(writers * wins);
      assertThat(store.read().orElseThrow().table().epoch()).isEqualTo(1 + writers * wins);
    } finally {
      threads.shutdownNow();
    }
  }

  private Callable<List<Long>> writer(int wins) {
    return () -> {
      List<Long> epochs = new ArrayList<>();
      while (epochs.size() < wins) {
        RouteTable now = store.read().orElseThrow().table();
        try {
          // Each writer's table differs, so a lost race can't be taken for a win.
          long slotEpoch = Thread.currentThread().getId() * 1_000 + epochs.size() + 1;
          store.update(now.epoch(), Tables.halves(now.epoch() + 1, slotEpoch));
          epochs.add(now.epoch() + 1);
        } catch (StaleRouteTableException raced) {
          // read again
        }
      }
      return epochs;
    };
  }
}
