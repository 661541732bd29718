package io.homecell.local;

import io.homecell.core.topology.Topology;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that a topology asks for, as processes of this machine: ZooKeeper, a MySQL server for
 * each cell, and the framework's own processes for each datacenter and cell.
 *
 * <p>Invariant: what it has started is in its state file until it is stopped, so nothing is ever
 * left that {@link #stop} in another process could not find. A start that fails stops what it
 * started and nothing else. Safe for any number of threads; for one {@link DeploymentLock} at a
 * time.
 */
public final class LocalDeployment implements AutoCloseable {
  private static final Duration STOP_GRACE = Duration.ofSeconds(10);
  private static final Set<PartRole> STORES = EnumSet.of(PartRole.ZOOKEEPER, PartRole.MYSQL);

  /**
   * What to run and where.
   *
   * @param home the folder for data, logs, secrets and state
   * @param mysqld the server program to use, see {@link MysqlDistribution#locate}
   * @param detached whether the processes outlive this one
   * @param roles which parts to run; all of them but in tests
   * @param placement where they run
   */
  public record Settings(
      Topology topology,
      Path topologyFile,
      Path home,
      ProjectTree tree,
      Optional<Path> mysqld,
      boolean detached,
      Set<PartRole> roles,
      Placement placement) {
    public Settings {
      topologyFile = topologyFile.toAbsolutePath();
      home = home.toAbsolutePath();
      roles = Set.copyOf(roles);
    }

    /** With every part, on loopback. */
    public Settings(
        Topology topology,
        Path topologyFile,
        Path home,
        ProjectTree tree,
        Optional<Path> mysqld,
        boolean detached) {
      this(topology, topologyFile, home, tree, mysqld, detached, EnumSet.allOf(PartRole.class));
    }

    /** On loopback. */
    public Settings(
        Topology topology,
        Path topologyFile,
        Path home,
        ProjectTree tree,
        Optional<Path> mysqld,
        boolean detached,
        Set<PartRole> roles) {
      this(topology, topologyFile, home, tree, mysqld, detached, roles, Placement.LOOPBACK);
    }

    /** Every part behind the command that the placement names. */
    public Settings withPlacement(Placement other) {
      return new Settings(topology, topologyFile, home, tree, mysqld, detached, roles, other);
    }
  }

  private final Settings settings;
  private final List<Part> parts;
  private final StateFile state;
  private final PartLauncher launcher;
  private volatile boolean stopping;

  private LocalDeployment(Settings settings, StateFile state) {
    this.settings = settings;
    this.state = state;
    this.parts =
        Part.of(settings.topology()).stream()
            .filter(part -> settings.roles().contains(part.role()))
            .toList();
    this.launcher = new PartLauncher(settings, secrets());
  }

  /** Opens a deployment, running or not. */
  public static LocalDeployment open(Settings settings) {
    return new LocalDeployment(
        settings, StateFile.open(stateFile(settings.home()), settings.topologyFile()));
  }

  /** Where a deployment in this folder keeps its state. */
  public static Path stateFile(Path home) {
    return home.resolve("state.json");
  }

  /** The credentials of this deployment. */
  public Path secrets() {
    return settings.home().resolve("secrets.properties");
  }

  public Topology topology() {
    return settings.topology();
  }

  /** Everything that should run, in the order of start. */
  public List<Part> parts() {
    return parts;
  }

  /** Every process that was started and not stopped, dead ones included. */
  public List<RunningPart> processes() {
    return state.processes();
  }

  /** The parts that should run and don't. */
  public List<Part> missing() {
    return parts.stream().filter(part -> !isRunning(part)).toList();
  }

  private boolean isRunning(Part part) {
    return state.of(part.name()).map(RunningPart::isAlive).orElse(false);
  }

  /** What would make a start of the missing parts fail, each in a line; nothing was started. */
  public List<String> obstacles() {
    List<Part> missing = missing();
    List<String> obstacles = new ArrayList<>();
    List<String> notBuilt =
        settings.tree().notBuilt(missing.stream().map(Part::role).distinct().toList());
    if (!notBuilt.isEmpty()) {
      obstacles.add(
          "not built: " + String.join(", ", notBuilt) + "; run ./mvnw -DskipTests package");
    }
    if (settings.placement() == Placement.LOOPBACK) {
      obstacles.addAll(PortConflicts.of(missing, settings.topologyFile()));
    }
    return obstacles;
  }

  /**
   * Starts what does not run and waits until it is ready.
   *
   * @throws LocalStartException if a part can't be started; the ones that this call had started are
   *     stopped again
   */
  public void start(StartProgress progress) {
    List<String> obstacles = obstacles();
    if (!obstacles.isEmpty()) {
      throw new LocalStartException(String.join("\n", obstacles));
    }
    StartRun run = new StartRun(launcher, state, settings.mysqld(), progress, () -> stopping);
    try {
      LocalSecrets.ensure(secrets());
      launcher.installJars(state.processes().stream().noneMatch(RunningPart::isAlive));
      List<Part> missing = missing();
      run.startAll(missing.stream().filter(part -> STORES.contains(part.role())).toList());
      if (missing.stream().anyMatch(part -> part.role() == PartRole.MYSQL)) {
        Instant began = Instant.now();
        provision();
        progress.did("cells provisioned", Duration.between(began, Instant.now()));
      }
      if (settings.roles().contains(PartRole.ZOOKEEPER)) {
        CoordinationSeed.write(settings.topology(), settings.topologyFile());
      }
      run.startAll(missing.stream().filter(part -> !STORES.contains(part.role())).toList());
    } catch (IOException e) {
      throw new LocalStartException(settings.home() + " can't be written: " + e, e);
    } catch (LocalStartException e) {
      stop(run.started(), StartProgress.SILENT);
      throw e;
    }
  }

  private void provision() {
    Map<String, Connection> roots = new LinkedHashMap<>();
    try {
      var credentials = LocalSecrets.ensure(secrets());
      for (Part part : parts) {
        if (part.role() == PartRole.MYSQL) {
          Connection root =
              LocalMysql.rootConnection(launcher.folder(part), part.endpoint().orElseThrow());
          roots.put(part.cell().orElseThrow(), root);
        }
      }
      CellProvisioning.provisionAllThrough(
          settings.topology(), roots, launcher.jars().schemas(settings.roles()), credentials);
    } catch (IOException | SQLException e) {
      throw new LocalStartException("the cells can't be provisioned: " + e, e);
    } finally {
      roots.values().forEach(CellProvisioning::closeQuietly);
    }
  }

  /**
   * Starts one part, or starts it again, and waits until it is ready.
   *
   * @param where the datacenter or the cell
   * @throws IllegalArgumentException if there is no such part
   */
  public RunningPart start(PartRole role, String where) {
    Part part = part(role, where);
    if (!isRunning(part)) {
      new StartRun(launcher, state, settings.mysqld(), StartProgress.SILENT, () -> stopping)
          .startAll(List.of(part));
    }
    return state.of(part.name()).orElseThrow();
  }

  /** SIGKILL for one part; it stays in the state file as a dead one. */
  public void kill(PartRole role, String where) {
    process(role, where).handle().ifPresent(LocalDeployment::kill);
  }

  /** SIGKILL for everything in a datacenter, MySQL included, as if its power had gone. */
  public void killDatacenter(String datacenter) {
    killAll(
        state.processes().stream()
            .filter(part -> part.datacenter().equals(Optional.of(datacenter)))
            .toList());
  }

  /** SIGKILL for these, all of them before the first is waited for. */
  public static void killAll(List<RunningPart> parts) {
    List<ProcessHandle> handles = parts.stream().flatMap(part -> part.handle().stream()).toList();
    handles.forEach(ProcessHandle::destroyForcibly);
    handles.forEach(LocalDeployment::kill);
  }

  private static void kill(ProcessHandle handle) {
    handle.destroyForcibly();
    Liveness.awaitEnd(handle, STOP_GRACE);
  }

  /** The process of one part, running or dead. */
  public RunningPart process(PartRole role, String where) {
    Part part = part(role, where);
    return state
        .of(part.name())
        .orElseThrow(() -> new IllegalArgumentException(part.name() + " was never started"));
  }

  private Part part(PartRole role, String where) {
    return parts.stream()
        .filter(part -> part.role() == role)
        .filter(
            part ->
                part.cell().equals(Optional.of(where))
                    || (part.cell().isEmpty() && part.datacenter().equals(Optional.of(where)))
                    || part.datacenter().isEmpty())
        .findFirst()
        .orElseThrow(
            () -> new IllegalArgumentException("no " + role.label() + " in '" + where + "'"));
  }

  /**
   * Stops everything that was ever started in this folder, what the topology no longer names
   * included: first what users reach, last the stores. Bounded in time.
   */
  public void stop(StartProgress progress) {
    stopping = true;
    stop(state.processes(), progress);
  }

  /** As {@link #stop}, for one who knows the folder only; the topology may be gone. */
  public static void stopAll(Path home, StartProgress progress) {
    Path file = stateFile(home);
    StateFile state = StateFile.open(file, StateFile.topologyIn(file).orElse(home));
    new StopRun(home, state, progress).stopAll(state.processes());
  }

  private void stop(List<RunningPart> running, StartProgress progress) {
    new StopRun(settings.home(), state, progress).stopAll(running);
  }

  @Override
  public void close() {
    stop(StartProgress.SILENT);
  }
}
