package io.homecell.core.registry;

import io.homecell.core.coordination.EphemeralNode;
import io.homecell.core.json.Json;
import org.apache.curator.framework.CuratorFramework;

/**
 * Tells a datacenter's registry that an instance serves: {@code /instances/<service>/<instance>},
 * ephemeral, written again after a session loss.
 */
public final class InstanceRegistry {
  static final String ROOT = "/instances";

  private InstanceRegistry() {}

  /**
   * Registers an instance until the result is closed.
   *
   * @param registry a client of the instance's own datacenter, see {@code
   *     Coordination.connectRegistry}
   */
  public static AutoCloseable register(CuratorFramework registry, Instance instance) {
    return EphemeralNode.hold(
        registry,
        ROOT + "/" + instance.service() + "/" + instance.instance(),
        Json.write(instance));
  }
}
