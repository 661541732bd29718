package io.homecell.coordinator.switchover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.coordinator.operation.Kind;
import io.homecell.coordinator.operation.Operation;
import io.homecell.coordinator.operation.Plan;
import io.homecell.coordinator.operation.Requests;
import io.homecell.core.audit.AuditEntry;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryOneTime;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which operation is under way, on a real ZooKeeper. */
@Timeout(60)
class OperationStoreIT {
  private static final Instant AT = Instant.parse("2026-01-01T00:00:00Z");
  private static final Plan PLAN =
      new Plan("north", "south", List.of(), 7, 0, List.of(), Optional.empty());

  private TestingServer zookeeper;
  private CuratorFramework client;
  private OperationStore store;

  @BeforeEach
  void start() throws Exception {
    zookeeper = new TestingServer();
    client = CuratorFrameworkFactory.newClient(zookeeper.getConnectString(), new RetryOneTime(100));
    client.start();
    store = new OperationStore(client);
    store.prepare();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    zookeeper.close();
  }

  private static Operation operation(String id) {
    return Operation.planned(id, Requests.northToSouth(Kind.SWITCHOVER), PLAN, AT);
  }

  private Optional<String> begin(Operation operation) {
    return store.begin(operation, AuditTrail.begun(operation, PLAN));
  }

  @Test
  void oneAtATimeIsUnderWay() {
    assertThat(begin(operation("op-1"))).isEmpty();
    assertThat(begin(operation("op-2"))).contains("op-1");
    assertThat(begin(operation("op-1"))).as("repeated after a lost answer").isEmpty();
    store.finish("op-2");
    assertThat(store.underWay()).contains("op-1");
    store.finish("op-1");
    store.finish("op-1");
    assertThat(begin(operation("op-2"))).isEmpty();
  }

  @Test
  void whoReadsThatOneIsOverMayBeginTheNext() throws Exception {
    Operation first = operation("op-1");
    begin(first);
    Operation over = first.failed("by hand", AT);
    List<AuditEntry> entries = AuditTrail.between(first, over, "north");
    int version = store.read("op-1").orElseThrow().version();
    int next = store.write(over, version, entries);
    assertThat(store.read("op-1").orElseThrow().operation().state().isOver()).isTrue();
    assertThat(store.underWay()).isEmpty();

    assertThat(begin(operation("op-2"))).isEmpty();
    assertThat(store.write(over, version, entries)).as("after a lost answer").isEqualTo(next);
    store.finish("op-1");
    assertThat(store.underWay()).as("the end of another is not this one's").contains("op-2");
  }

  @Test
  void whoWasOvertakenEndsNothing() throws Exception {
    Operation first = operation("op-1");
    begin(first);
    int version = store.read("op-1").orElseThrow().version();
    store.write(first, version, List.of());
    assertThatThrownBy(() -> store.write(first.failed("late", AT), version, List.of()))
        .isInstanceOf(OvertakenException.class);
    assertThat(store.underWay()).contains("op-1");
  }
}
