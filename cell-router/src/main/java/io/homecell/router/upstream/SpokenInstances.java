package io.homecell.router.upstream;

import io.homecell.core.topology.Service;
import io.homecell.core.topology.Topology;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Instances that are spoken to as the topology says of their service. Safe for any number of
 * threads.
 */
public final class SpokenInstances implements Instances {
  private record Key(String service, String cell) {}

  private record Known(List<Upstream> plain, List<Upstream> h2c) {}

  private final Instances instances;
  private final Set<String> h2c;
  private final Map<Key, Known> known = new ConcurrentHashMap<>();

  private SpokenInstances(Instances instances, Set<String> h2c) {
    this.instances = instances;
    this.h2c = h2c;
  }

  /** The same ones, if none is spoken to in another way than usual. */
  public static Instances of(Instances instances, Topology topology) {
    Set<String> services =
        topology.services().values().stream()
            .filter(service -> service.upstream() == Service.Upstream.H2C)
            .map(Service::name)
            .collect(Collectors.toUnmodifiableSet());
    return services.isEmpty() ? instances : new SpokenInstances(instances, services);
  }

  @Override
  public List<Upstream> of(String service, String cell) {
    List<Upstream> plain = instances.of(service, cell);
    if (!h2c.contains(service)) {
      return plain;
    }
    Key key = new Key(service, cell);
    Known cached = known.get(key);
    if (cached != null && cached.plain.equals(plain)) {
      return cached.h2c;
    }
    List<Upstream> spoken =
        plain.stream().map(one -> new Upstream(one.cell(), one.host(), one.port(), true)).toList();
    known.put(key, new Known(plain, spoken));
    return spoken;
  }
}
