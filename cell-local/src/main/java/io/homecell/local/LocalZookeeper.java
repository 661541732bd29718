package io.homecell.local;

import io.homecell.core.topology.Topology.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A ZooKeeper server on this machine, as a process of its own. Durable: what it has acknowledged
 * survives kill -9 of it.
 */
public final class LocalZookeeper implements AutoCloseable {
  private static final String MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain";
  private static final Duration READY_WITHIN = Duration.ofSeconds(30);
  private static final Duration STOP_GRACE = Duration.ofSeconds(5);
  private static final int PROBE_MILLIS = 1_000;

  private final ManagedProcess process;
  private final Endpoint endpoint;

  private LocalZookeeper(ManagedProcess process, Endpoint endpoint) {
    this.process = process;
    this.endpoint = endpoint;
  }

  /**
   * Starts a server that dies with this process and waits until it serves.
   *
   * @throws LocalStartException with the end of its log
   */
  public static LocalZookeeper start(Path folder, Endpoint endpoint) {
    LocalZookeeper started =
        launch(
            List.of(),
            folder,
            endpoint,
            System.getProperty("java.class.path"),
            folder.resolve("zookeeper.log"),
            false);
    try {
      started.awaitReady();
    } catch (LocalStartException e) {
      started.kill();
      throw e;
    }
    return started;
  }

  /** Starts a server without waiting for it. */
  static LocalZookeeper launch(
      List<String> prefix,
      Path folder,
      Endpoint endpoint,
      String classPath,
      Path log,
      boolean detached) {
    Path absolute = folder.toAbsolutePath();
    Path config = absolute.resolve("zoo.cfg");
    try {
      Files.createDirectories(absolute.resolve("data"));
      Files.writeString(config, config(absolute.resolve("data"), endpoint));
    } catch (IOException e) {
      throw new LocalStartException(
          "the ZooKeeper folder " + absolute + " can't be written: " + e, e);
    }
    List<String> command = new ArrayList<>(prefix);
    command.add(JavaProcess.java());
    command.addAll(JavaProcess.options(PartRole.ZOOKEEPER));
    command.addAll(
        List.of(
            "-Dlogback.configurationFile=META-INF/homecell/zookeeper-logback.xml",
            "-Dzookeeper.admin.enableServer=false",
            "-Dzookeeper.4lw.commands.whitelist=ruok,srvr,mntr,cons",
            "-Dzookeeper.preAllocSize=1024",
            "-Dzookeeper.jmx.log4j.disable=true",
            MAIN,
            config.toString()));
    return new LocalZookeeper(
        ManagedProcess.start(
            new ManagedProcess.Launch(
                "zookeeper on " + endpoint,
                command,
                Map.of("CLASSPATH", classPath),
                absolute,
                log,
                detached)),
        endpoint);
  }

  private static String config(Path data, Endpoint endpoint) {
    return """
        tickTime=500
        minSessionTimeout=1000
        maxSessionTimeout=60000
        dataDir=%s
        clientPort=%d
        clientPortAddress=%s
        maxClientCnxns=0
        autopurge.snapRetainCount=3
        autopurge.purgeInterval=1
        """
        .formatted(data, endpoint.port(), endpoint.host());
  }

  void awaitReady() {
    process.await("it to serve", READY_WITHIN, () -> serves(endpoint));
  }

  /** Whether a ZooKeeper serves requests there now. */
  public static boolean serves(Endpoint endpoint) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), PROBE_MILLIS);
      socket.setSoTimeout(PROBE_MILLIS);
      socket.getOutputStream().write("srvr".getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
          .contains("Mode:");
    } catch (IOException notYet) {
      return false;
    }
  }

  public ManagedProcess process() {
    return process;
  }

  /** What a client connects to. */
  public String connectString() {
    return endpoint.toString();
  }

  public void stop() {
    process.stop(STOP_GRACE);
  }

  public void kill() {
    process.kill();
  }

  @Override
  public void close() {
    stop();
  }
}
