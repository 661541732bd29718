package io.homecell.coordinator;

import io.homecell.coordinator.admin.AdminApi;
import io.homecell.coordinator.cells.CellComparison;
import io.homecell.coordinator.cells.CellConnections;
import io.homecell.coordinator.cells.CellReader;
import io.homecell.coordinator.cells.CellWatch;
import io.homecell.coordinator.cells.LoadReader;
import io.homecell.coordinator.cells.Pipelines;
import io.homecell.coordinator.cells.SlotContent;
import io.homecell.coordinator.epochs.EpochGuard;
import io.homecell.coordinator.jobs.JobMoves;
import io.homecell.coordinator.jobs.JobWork;
import io.homecell.coordinator.jobs.Jobs;
import io.homecell.coordinator.jobs.TradeJobs;
import io.homecell.coordinator.steps.StepActions;
import io.homecell.coordinator.steps.StepLimits;
import io.homecell.coordinator.steps.SurroundingsReader;
import io.homecell.coordinator.steps.WorldReader;
import io.homecell.coordinator.switchover.Leadership;
import io.homecell.coordinator.switchover.OperationStore;
import io.homecell.coordinator.switchover.Operations;
import io.homecell.coordinator.switchover.PastMoves;
import io.homecell.core.audit.AuditLog;
import io.homecell.core.coordination.Coordination;
import io.homecell.core.failsafe.FailsafeMembers;
import io.homecell.core.failsafe.Witness;
import io.homecell.core.failsafe.WitnessClient;
import io.homecell.core.failsafe.WitnessFeed;
import io.homecell.core.failsafe.WitnessServer;
import io.homecell.core.http.AdminServer;
import io.homecell.core.process.ConfigurationException;
import io.homecell.core.process.ProcessSettings;
import io.homecell.core.process.Secrets;
import io.homecell.core.process.Secrets.Credentials;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Endpoint;
import io.homecell.core.topology.TopologyFile;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.curator.framework.CuratorFramework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One coordinator with all its parts, as a process or several of them in one test. */
public final class Coordinator implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Coordinator.class);

  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private Coordinator() {}

  /**
   * Starts a coordinator and serves the admin API.
   *
   * @throws IOException if the topology file can't be read
   */
  public static Coordinator start(
      ProcessSettings settings, Secrets secrets, AdminServer admin, MeterRegistry metrics)
      throws IOException {
    return start(settings, secrets, admin, metrics, Optional.empty());
  }

  /** As {@link #start(ProcessSettings, Secrets, AdminServer, MeterRegistry)}, with other work. */
  static Coordinator start(
      ProcessSettings settings,
      Secrets secrets,
      AdminServer admin,
      MeterRegistry metrics,
      Optional<JobWork> work)
      throws IOException {
    Coordinator coordinator = new Coordinator();
    try {
      coordinator.open(settings, secrets, admin, metrics, work);
      return coordinator;
    } catch (IOException | RuntimeException e) {
      coordinator.close();
      throw e;
    }
  }

  private void open(
      ProcessSettings settings,
      Secrets secrets,
      AdminServer admin,
      MeterRegistry metrics,
      Optional<JobWork> work)
      throws IOException {
    Topology topology = TopologyFile.read(settings.topology());
    topology.datacenter(settings.datacenter());
    String topologyText = Files.readString(settings.topology(), StandardCharsets.UTF_8);
    Credentials credentials = secrets.of(Secrets.Role.ADMIN);
    Clock clock = Clock.systemUTC();
    String url = "http://" + settings.host() + ":" + admin.port();

    CuratorFramework client = closing(Coordination.connect(topology.coordination()));
    ExecutorService threads = threads();
    // What looks at the deployment must not keep an operation waiting for a connection.
    CellConnections operating = closing(new CellConnections(topology, credentials));
    CellConnections looking = closing(new CellConnections(topology, credentials));
    CellReader reader = new CellReader(looking, threads);
    CellWatch watch =
        closing(
            CellWatch.start(topology, client, closing(new CellConnections(topology, credentials))));
    OperationStore store = new OperationStore(client);
    WorldReader world =
        new WorldReader(
            topology,
            client,
            new CellReader(operating, threads),
            new SurroundingsReader(
                topology,
                new Pipelines(client),
                new LoadReader(operating, SurroundingsReader.services(topology), threads),
                watch.sightings(),
                new PastMoves(store, topology.coordination().moveInterval())::until,
                threads,
                clock),
            clock);
    JobMoves jobMoves = new JobMoves(topology, client);
    Optional<WitnessClient> witnesses = failsafe(topology, client, settings, secrets, metrics);
    StepActions actions =
        new StepActions(
            topology,
            client,
            operating,
            world,
            jobMoves,
            witnesses,
            StepLimits.standard(),
            threads,
            clock);
    Operations operations =
        new Operations(store, world, actions, new AuditLog(client), settings.instance(), clock);
    EpochGuard guard = new EpochGuard(topology, client, looking, threads, operations::underWay);
    metrics.gauge("hc.coordinator.epoch.went.back", guard, found -> found.findings().size());
    Leadership leadership =
        closing(
            new Leadership(
                client,
                url,
                topology,
                topologyText,
                looking,
                reader,
                operations,
                guard,
                jobMoves::lookAfter));
    leadership.start();
    Jobs jobs =
        closing(
            Jobs.start(
                topology,
                client,
                settings.instance(),
                settings.datacenter(),
                work.orElseGet(() -> tradeJobs(topology, client, settings, clock)),
                clock));
    CellComparison comparison = new CellComparison(topology, looking);
    SlotContent content = new SlotContent(topology, looking);
    new AdminApi(
            topology,
            client,
            reader,
            new LoadReader(looking, SurroundingsReader.services(topology), threads),
            watch,
            threads,
            comparison,
            content,
            operations,
            guard,
            leadership,
            jobs,
            clock)
        .serveOn(admin);
    metrics.gauge("hc.coordinator.leader", leadership, known -> known.isLeader() ? 1 : 0);
    admin.addReadiness(
        "coordination",
        () -> client.getZookeeperClient().isConnected() ? "" : "no connection to ZooKeeper");
  }

  /**
   * A witness for the lease keepers of the other datacenters, if failsafe mode is on. Losses are
   * told to the addresses that keepers ask, this one too: an own witness that nobody asks is of no
   * use.
   */
  private Optional<WitnessClient> failsafe(
      Topology topology,
      CuratorFramework client,
      ProcessSettings settings,
      Secrets secrets,
      MeterRegistry metrics)
      throws IOException {
    Optional<FailsafeMembers> members = FailsafeMembers.of(topology);
    if (members.isEmpty()) {
      return Optional.empty();
    }
    List<Endpoint> listed = members.get().of(settings.datacenter());
    List<Endpoint> own =
        listed.size() == 1
            ? listed
            : listed.stream().filter(each -> each.host().equals(settings.host())).toList();
    if (own.size() != 1) {
      throw new ConfigurationException(
          "datacenters."
              + settings.datacenter()
              + ".failsafe: "
              + listed
              + " (expected: one address with the host of this coordinator, "
              + settings.host()
              + ")");
    }
    Witness witness = new Witness(members.get());
    closing(
        WitnessServer.start(
            settings.host(), own.get(0).port(), secrets.edgeHop(), witness, metrics));
    closing(WitnessFeed.start(client, topology, witness));
    return Optional.of(new WitnessClient(members.get(), secrets.edgeHop()));
  }

  /** RPC is opened by the first run: a coordinator without a job to run needs none. */
  private JobWork tradeJobs(
      Topology topology, CuratorFramework client, ProcessSettings settings, Clock clock) {
    LazyClient lazy = closing(new LazyClient(topology, client, settings));
    return new TradeJobs(lazy::get, client, clock);
  }

  private ExecutorService threads() {
    ExecutorService threads =
        Executors.newCachedThreadPool(
            task -> {
              Thread thread = new Thread(task, "cells");
              thread.setDaemon(true);
              return thread;
            });
    parts.push(threads::shutdownNow);
    return threads;
  }

  private <T extends AutoCloseable> T closing(T part) {
    parts.push(part);
    return part;
  }

  /** Stops in reverse order; an operation under way is left as written, for the next leader. */
  @Override
  public void close() {
    while (!parts.isEmpty()) {
      try {
        parts.pop().close();
      } catch (Exception e) {
        log.warn("coordinator: a part did not close cleanly", e);
      }
    }
  }
}
