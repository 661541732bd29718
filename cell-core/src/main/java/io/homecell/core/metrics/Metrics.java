package io.homecell.core.metrics;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;

/** The one place where a process's metrics registry is made, so that all carry the same tags. */
public final class Metrics {
  private Metrics() {}

  /**
   * A registry with the JVM's figures, tagged {@code role}, {@code datacenter} and {@code cell}. A
   * process of a whole datacenter has {@code cell="-"}: Prometheus wants the same labels on all.
   */
  @SuppressWarnings("resource") // the garbage collection listener lives as long as the process
  public static PrometheusMeterRegistry registry(
      String role, String datacenter, Optional<String> cell) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry
        .config()
        .commonTags(Tags.of("role", role, "datacenter", datacenter, "cell", cell.orElse("-")));
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmGcMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    return registry;
  }
}
