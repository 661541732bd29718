package io.homecell.core.registry;

import io.homecell.core.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.ChildData;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The instances of some services that a datacenter's registry knows now. While the registry can't
 * be reached, the last known ones are kept. A lookup is a read of a map, no lock. Safe for any
 * number of threads.
 */
public final class InstanceDirectory implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(InstanceDirectory.class);

  private record Key(String service, String cell) {}

  private final List<CuratorCache> caches = new ArrayList<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final Map<String, Instance> byPath = new ConcurrentHashMap<>();
  private volatile Map<Key, List<Instance>> instances = Map.of();

  private InstanceDirectory() {}

  /**
   * Starts to follow the registry; needs no connection to start.
   *
   * @param registry a client of one datacenter's registry
   */
  public static InstanceDirectory start(CuratorFramework registry, String... services) {
    InstanceDirectory directory = new InstanceDirectory();
    Arrays.stream(services)
        .forEach(
            service -> {
              CuratorCache cache =
                  CuratorCache.build(registry, InstanceRegistry.ROOT + "/" + service);
              cache.listenable().addListener(directory::changed);
              directory.caches.add(cache);
              cache.start();
            });
    return directory;
  }

  /** The instances of a service that serve a cell, ordered by name; never null. */
  public List<Instance> of(String service, String cell) {
    return instances.getOrDefault(new Key(service, cell), List.of());
  }

  /** All instances of a service, ordered by name. */
  public List<Instance> of(String service) {
    return instances.entrySet().stream()
        .filter(entry -> entry.getKey().service().equals(service))
        .flatMap(entry -> entry.getValue().stream())
        .sorted(Comparator.comparing(Instance::instance))
        .toList();
  }

  /** Calls back after each change, on a registry thread; must not block. */
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void changed(CuratorCacheListener.Type type, ChildData before, ChildData now) {
    if (type == CuratorCacheListener.Type.NODE_DELETED) {
      remove(before.getPath());
    } else if (now.getPath().chars().filter(c -> c == '/').count() == 3) {
      put(now.getPath(), now.getData());
    }
  }

  private synchronized void put(String path, byte[] data) {
    try {
      Instance instance = Json.read(new String(data, StandardCharsets.UTF_8), Instance.class);
      byPath.put(path, instance);
      publish();
    } catch (IllegalArgumentException e) {
      log.warn("registry: {} is not an instance and is ignored: {}", path, e.getMessage());
    }
  }

  private synchronized void remove(String path) {
    if (byPath.remove(path) != null) {
      publish();
    }
  }

  private void publish() {
    Map<Key, List<Instance>> next = new ConcurrentHashMap<>();
    byPath.values().stream()
        .sorted(Comparator.comparing(Instance::instance))
        .forEach(
            instance ->
                next.computeIfAbsent(
                        new Key(instance.service(), instance.cell()), key -> new ArrayList<>())
                    .add(instance));
    next.replaceAll((key, list) -> List.copyOf(list));
    instances = Map.copyOf(next);
    listeners.forEach(Runnable::run);
  }

  @Override
  public void close() {
    caches.forEach(CuratorCache::close);
  }
}
