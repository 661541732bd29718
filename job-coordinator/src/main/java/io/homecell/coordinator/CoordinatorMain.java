package io.homecell.coordinator;

import io.homecell.core.http.AdminServer;
import io.homecell.core.metrics.Metrics;
import io.homecell.core.process.Announcement;
import io.homecell.core.process.Lifecycle;
import io.homecell.core.process.ProcessSettings;
import io.homecell.core.process.Secrets;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;

/** The process of the control plane: one or more in each datacenter, one of them leads. */
public final class CoordinatorMain {
  private static final String ROLE = "coordinator";

  private CoordinatorMain() {}

  public static void main(String[] arguments) {
    Lifecycle.main(ROLE, CoordinatorMain::start);
  }

  private static void start(ProcessSettings settings, Lifecycle lifecycle) throws Exception {
    Secrets secrets = Secrets.read(settings.secrets());
    PrometheusMeterRegistry metrics =
        Metrics.registry(ROLE, settings.datacenter(), Optional.empty());
    AdminServer admin =
        lifecycle.closing(
            "admin", AdminServer.start(settings.host(), settings.adminPort(), metrics));
    lifecycle.closing("coordinator", Coordinator.start(settings, secrets, admin, metrics));
    Announcement.of(settings, ROLE, 0, admin.port()).write(settings.data());
  }
}
