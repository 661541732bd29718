package io.homecell.coordinator.steps;

import java.time.Duration;

/**
 * How long each step tries.
 *
 * @param hold for the routers' acknowledgement: users wait that long at most before a straggler
 *     makes the operation give up
 * @param holdInstances for the service instances' acknowledgement: then it goes on without them,
 *     since the fence refuses whom they let through
 * @param close for the old owner's database
 * @param drain for the target to have everything
 * @param open for the new owner's database, once there is no way back
 * @param reopen for the old owner's database when giving up
 * @param verify for every router and instance
 * @param activate for the leases of a returned datacenter
 * @param leaseMargin what a failover waits beyond the lease
 */
public record StepLimits(
    Duration hold,
    Duration holdInstances,
    Duration close,
    Duration drain,
    Duration open,
    Duration reopen,
    Duration verify,
    Duration activate,
    Duration leaseMargin) {
  /** What a deployment runs with. */
  public static StepLimits standard() {
    return new StepLimits(
        Duration.ofSeconds(3),
        Duration.ofMillis(500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofSeconds(15),
        Duration.ofSeconds(10),
        Duration.ofSeconds(20),
        Duration.ofSeconds(1));
  }
}
