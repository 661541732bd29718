package io.homecell.local;

import io.homecell.core.process.Announcement;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.Topology.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Knows how each part is started and how it tells that it is ready. */
final class PartLauncher {
  private static final Duration READY_WITHIN = Duration.ofSeconds(90);

  private final LocalDeployment.Settings settings;
  private final Path secrets;
  private @Nullable InstalledJars jars;

  PartLauncher(LocalDeployment.Settings settings, Path secrets) {
    this.settings = settings;
    this.secrets = secrets;
  }

  /** A part that has been started; {@code awaitReady} returns what it announced. */
  interface Launched {
    ManagedProcess process();

    RunningPart awaitReady(RunningPart started);
  }

  Launched launch(Part part, MysqlSupply mysql) {
    rotateLog(part);
    return switch (part.role()) {
      case ZOOKEEPER -> zookeeper(part);
      case MYSQL -> mysql(part, mysql.distribution());
      case COORDINATOR, ACCOUNT, TRADE, CANAL, DC_SYNC, ROUTER -> ownProcess(part);
    };
  }

  /** Brings the jars to their newest state; older ones go if nothing runs from them. */
  synchronized void installJars(boolean nothingRuns) throws IOException {
    if (nothingRuns) {
      UserCache.delete(settings.home().resolve("lib"));
    }
    jars = InstalledJars.install(settings.tree(), settings.roles(), settings.home());
  }

  /** Copied once, before the first process is started from them. */
  synchronized InstalledJars jars() {
    if (jars == null) {
      jars = InstalledJars.install(settings.tree(), settings.roles(), settings.home());
    }
    return jars;
  }

  /** The server program, found only if it is needed. */
  interface MysqlSupply {
    MysqlDistribution distribution();
  }

  /** Where a part listens: the address of its endpoint, else that of its datacenter's edge. */
  String host(Part part) {
    return part.endpoint()
        .map(Endpoint::host)
        .orElseGet(
            () -> settings.topology().datacenter(part.datacenter().orElseThrow()).router().host());
  }

  Path folder(Part part) {
    return folder(settings.home(), part.name());
  }

  static Path folder(Path home, String name) {
    return home.resolve("data").resolve(name);
  }

  Path log(Part part) {
    return settings.home().resolve("logs").resolve(part.name() + ".log");
  }

  private Launched zookeeper(Part part) {
    LocalZookeeper server =
        LocalZookeeper.launch(
            settings.placement().commandPrefix(part),
            folder(part),
            endpoint(part),
            jars().classPath("cell-local"),
            log(part),
            settings.detached());
    return launched(server.process(), server::awaitReady);
  }

  private Launched mysql(Part part, MysqlDistribution distribution) {
    LocalMysql server =
        LocalMysql.launch(
            distribution,
            folder(part),
            endpoint(part),
            serverId(part),
            log(part),
            settings.detached(),
            settings.placement().commandPrefix(part),
            settings.placement().administeredFrom());
    return launched(server.process(), server::awaitReady);
  }

  private int serverId(Part part) {
    return new ArrayList<>(settings.topology().cells().keySet()).indexOf(part.cell().orElse(""))
        + 1;
  }

  private static Endpoint endpoint(Part part) {
    return part.endpoint().orElseThrow();
  }

  private static Launched launched(ManagedProcess process, Runnable awaitReady) {
    return new Launched() {
      @Override
      public ManagedProcess process() {
        return process;
      }

      @Override
      public RunningPart awaitReady(RunningPart started) {
        awaitReady.run();
        return started;
      }
    };
  }

  private Launched ownProcess(Part part) {
    Path folder = folder(part);
    Path ready = folder.resolve(Announcement.FILE);
    String module = part.role().module().orElseThrow();
    try {
      Files.createDirectories(folder);
      Files.deleteIfExists(ready);
    } catch (IOException e) {
      throw new LocalStartException("the folder " + folder + " can't be written: " + e, e);
    }
    List<String> command = new ArrayList<>(settings.placement().commandPrefix(part));
    command.add(JavaProcess.java());
    command.addAll(JavaProcess.options(part.role()));
    command.add("-Dhomecell.part=" + part.name());
    command.add(settings.tree().mainClass(module));
    ManagedProcess process =
        ManagedProcess.start(
            new ManagedProcess.Launch(
                part.name(),
                command,
                environment(part, jars().classPath(module)),
                folder,
                log(part),
                settings.detached()));
    return new Launched() {
      @Override
      public ManagedProcess process() {
        return process;
      }

      @Override
      public RunningPart awaitReady(RunningPart started) {
        process.await("its announcement " + ready, READY_WITHIN, () -> Files.exists(ready));
        return Announcement.read(folder)
            .map(announcement -> started.announced(announcement.port(), announcement.adminPort()))
            .orElse(started);
      }
    };
  }

  private Map<String, String> environment(Part part, String classPath) {
    Topology.Datacenter datacenter =
        settings.topology().datacenter(part.datacenter().orElseThrow());
    Map<String, String> environment = new TreeMap<>();
    environment.put("CLASSPATH", classPath);
    // glibc keeps a heap for each thread otherwise: hundreds of megabytes over all processes.
    environment.put("MALLOC_ARENA_MAX", "2");
    environment.put("HOMECELL_TOPOLOGY", settings.topologyFile().toAbsolutePath().toString());
    environment.put("HOMECELL_DATACENTER", datacenter.name());
    environment.put("HOMECELL_CELL", part.cell().orElse(""));
    environment.put("HOMECELL_INSTANCE", part.name() + ".1");
    environment.put("HOMECELL_HOST", host(part));
    environment.put(
        "HOMECELL_PORT", Integer.toString(part.endpoint().map(Endpoint::port).orElse(0)));
    environment.put("HOMECELL_ADMIN_PORT", "0");
    environment.put("HOMECELL_DATA", folder(part).toAbsolutePath().toString());
    environment.put("HOMECELL_SECRETS", secrets.toAbsolutePath().toString());
    return environment;
  }

  /** A log is of one run; the one of the run before is kept beside it. */
  private void rotateLog(Part part) {
    Path log = log(part);
    try {
      Files.createDirectories(log.getParent());
      if (Files.exists(log)) {
        Files.move(
            log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (IOException e) {
      throw new LocalStartException("the log folder " + log.getParent() + " can't be written", e);
    }
  }
}
