package io.homecell.router;

import io.homecell.core.registry.Instance;
import io.homecell.core.registry.InstanceDirectory;
import io.homecell.router.upstream.Instances;
import io.homecell.router.upstream.Upstream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The instances of the datacenter's registry, as upstreams. Safe for any number of threads. */
final class RegistryInstances implements Instances {
  private record Key(String service, String cell) {}

  private record Known(List<Instance> instances, List<Upstream> upstreams) {}

  private final InstanceDirectory directory;
  private final Map<Key, Known> known = new ConcurrentHashMap<>();

  RegistryInstances(InstanceDirectory directory) {
    this.directory = directory;
  }

  @Override
  public List<Upstream> of(String service, String cell) {
    List<Instance> instances = directory.of(service, cell);
    Key key = new Key(service, cell);
    Known cached = known.get(key);
    if (cached != null && cached.instances.equals(instances)) {
      return cached.upstreams;
    }
    List<Upstream> upstreams =
        instances.stream()
            .map(instance -> new Upstream(cell, instance.host(), instance.port()))
            .toList();
    known.put(key, new Known(instances, upstreams));
    return upstreams;
  }
}
