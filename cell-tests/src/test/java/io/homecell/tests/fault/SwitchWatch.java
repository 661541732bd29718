package io.homecell.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.json.Json;
import io.homecell.core.topology.Topology;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.zookeeper.KeeperException;

/**
 * Sees a switch operation in the coordination service as its steps are written there, within a
 * millisecond or two: quickly enough to do something to the deployment in the middle of a step.
 */
final class SwitchWatch implements AutoCloseable {
  private static final String UNDER_WAY = "/homecell/operation";
  private static final String ALL = "/homecell/operations/";
  private static final String COORDINATORS = "/homecell/coordinators";
  private static final Set<String> ON_THE_WAY = Set.of("RUNNING", "ABORTING", "RETURNING");
  private static final long LOOK_EACH_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final CuratorFramework client;

  SwitchWatch(Topology topology) {
    client = Coordination.connect(topology.coordination());
  }

  /** The id of the operation under way. */
  Optional<String> underWay() throws Exception {
    return read(UNDER_WAY);
  }

  /** An operation's state as it is written. */
  JsonNode operation(String id) throws Exception {
    return Json.mapper()
        .readTree(read(ALL + id).orElseThrow(() -> new AssertionError(id + " is gone")));
  }

  /**
   * Waits until an operation has begun a step.
   *
   * @return its id, at once when the step was seen
   */
  String awaitStep(String step, Duration within) throws Exception {
    long deadline = System.nanoTime() + within.toNanos();
    Optional<String> id = underWay();
    while (id.isEmpty() || !hasBegun(operation(id.get()), step)) {
      assertThat(System.nanoTime())
          .as("waited %s for an operation at %s; under way: %s", within, step, id)
          .isLessThan(deadline);
      TimeUnit.NANOSECONDS.sleep(LOOK_EACH_NANOS);
      if (id.isEmpty()) {
        id = underWay();
      }
    }
    return id.get();
  }

  private static boolean hasBegun(JsonNode operation, String step) {
    for (JsonNode one : operation.path("steps")) {
      if (one.path("step").asText().equals(step)) {
        return true;
      }
    }
    assertThat(operation.path("state").asText())
        .as("the operation on its way to %s: %s", step, operation)
        .isIn(ON_THE_WAY);
    return false;
  }

  /** Waits until it is over, however. */
  JsonNode awaitOver(String id, Duration within) throws Exception {
    long deadline = System.nanoTime() + within.toNanos();
    JsonNode operation = operation(id);
    while (ON_THE_WAY.contains(operation.path("state").asText())) {
      assertThat(System.nanoTime())
          .as("waited %s for the end of %s", within, operation)
          .isLessThan(deadline);
      TimeUnit.NANOSECONDS.sleep(LOOK_EACH_NANOS);
      operation = operation(id);
    }
    return operation;
  }

  /** The address of the leading coordinator's admin API, by the coordination service. */
  String leader() throws Exception {
    return new LeaderLatch(client, COORDINATORS).getLeader().getId();
  }

  private Optional<String> read(String path) throws Exception {
    try {
      return Optional.of(new String(client.getData().forPath(path), StandardCharsets.UTF_8));
    } catch (KeeperException.NoNodeException none) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    client.close();
  }
}
