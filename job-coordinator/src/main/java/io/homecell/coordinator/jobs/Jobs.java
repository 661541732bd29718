package io.homecell.coordinator.jobs;

import io.homecell.coordinator.admin.AdminApi;
import io.homecell.core.topology.Topology;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.curator.framework.CuratorFramework;

/** The scheduled jobs of a coordinator: its part in each, and what operators see of all. */
public final class Jobs implements AdminApi.Jobs, AutoCloseable {
  /** One line of {@code GET /admin/jobs}; times in UTC. */
  record JobView(
      String job,
      Optional<String> cell,
      String cron,
      String datacenter,
      long epoch,
      String state,
      Optional<Instant> lastRun,
      Optional<String> lastState,
      Optional<Instant> nextRun) {}

  private final Topology topology;
  private final JobStore store;
  private final Clock clock;
  private final List<JobWorker> workers = new ArrayList<>();

  private Jobs(Topology topology, CuratorFramework client, Clock clock) {
    this.topology = topology;
    this.store = new JobStore(client);
    this.clock = clock;
  }

  /**
   * Takes part in every job.
   *
   * @param instance this process's name, unique in the deployment
   */
  public static Jobs start(
      Topology topology,
      CuratorFramework client,
      String instance,
      String datacenter,
      JobWork work,
      Clock clock) {
    Jobs jobs = new Jobs(topology, client, clock);
    for (JobUnit unit : JobUnit.of(topology)) {
      boolean ours =
          unit.cell().isEmpty() || topology.cell(unit.cell().get()).datacenter().equals(datacenter);
      if (ours) {
        jobs.workers.add(
            JobWorker.start(client, topology, unit, instance, datacenter, work, clock));
      }
    }
    return jobs;
  }

  @Override
  public Object list() {
    return Map.of("items", JobUnit.of(topology).stream().map(this::view).toList());
  }

  private JobView view(JobUnit unit) {
    Optional<JobRun> last =
        store.runs(unit).stream()
            .map(JobStore.StoredRun::run)
            .max(Comparator.comparing(JobRun::dueAt));
    Optional<JobOwner> owner = unit.cell().isEmpty() ? store.owner(unit) : Optional.empty();
    String datacenter =
        unit.cell()
            .map(cell -> topology.cell(cell).datacenter())
            .or(() -> owner.map(JobOwner::datacenter))
            .orElse("");
    return new JobView(
        unit.job().name(),
        unit.cell(),
        unit.job().cron(),
        datacenter,
        owner.map(JobOwner::epoch).or(() -> last.map(JobRun::epoch)).orElse(0L),
        owner.map(known -> known.state().name()).orElse("ACTIVE"),
        last.map(JobRun::startedAt),
        last.map(run -> run.state().name()),
        DueRuns.of(unit.job().cron(), unit.catchesUp()).next(clock.instant()));
  }

  @Override
  public Optional<Object> history(String job) {
    List<JobUnit> units =
        JobUnit.of(topology).stream().filter(unit -> unit.job().name().equals(job)).toList();
    if (units.isEmpty()) {
      return Optional.empty();
    }
    List<JobRun> runs =
        units.stream()
            .flatMap(unit -> store.runs(unit).stream())
            .map(JobStore.StoredRun::run)
            .sorted(Comparator.comparing(JobRun::dueAt).reversed())
            .toList();
    return Optional.of(Map.of("items", runs));
  }

  @Override
  public void close() {
    workers.forEach(JobWorker::close);
    workers.clear();
  }
}
