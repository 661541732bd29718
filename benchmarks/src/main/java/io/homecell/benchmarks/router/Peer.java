package io.homecell.benchmarks.router;

import io.homecell.benchmarks.ProcessCpu;
import io.homecell.local.ManagedProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/** A running proxy under its name; it and what it needs are stopped together. */
final class Peer implements AutoCloseable {
  private static final Duration READY_WITHIN = Duration.ofSeconds(60);
  private static final Duration STOP_GRACE = Duration.ofSeconds(12);
  private static final int PROBE_MILLIS = 500;

  private final String name;
  private final ManagedProcess process;
  private final int port;
  private String scheme = "http";
  private final Deque<AutoCloseable> needs = new ArrayDeque<>();

  private Peer(String name, ManagedProcess process, int port) {
    this.name = name;
    this.process = process;
    this.port = port;
  }

  /** Starts it and waits until its port is open. */
  static Peer start(ManagedProcess.Launch launch, int port) {
    Peer peer = new Peer(launch.name(), ManagedProcess.start(launch), port);
    try {
      peer.process.await("its port " + port, READY_WITHIN, () -> isOpen(port));
      peer.endChildrenWithThisProcess();
      return peer;
    } catch (RuntimeException e) {
      peer.process.stop(STOP_GRACE);
      throw e;
    }
  }

  /** Else nginx's workers would outlive it if this process is ended by a signal. */
  private void endChildrenWithThisProcess() {
    List<ProcessHandle> children = process.handle().descendants().toList();
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> children.forEach(ProcessHandle::destroy), name + " children"));
  }

  private static boolean isOpen(int port) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), PROBE_MILLIS);
      return true;
    } catch (IOException notYet) {
      return false;
    }
  }

  /** What it needs as long as it runs; closed after it, the last one first. */
  Peer with(Deque<AutoCloseable> needed) {
    needs.addAll(needed);
    return this;
  }

  /** Over what its clients speak to it, if not plainly. */
  Peer speaking(String other) {
    scheme = other;
    return this;
  }

  String name() {
    return name;
  }

  String url(String path) {
    return scheme + "://127.0.0.1:" + port + path;
  }

  /** The CPU that all its processes have taken so far. */
  Duration cpu() {
    return ProcessCpu.takenByAllOf(process.handle());
  }

  @Override
  public void close() throws Exception {
    process.stop(STOP_GRACE);
    while (!needs.isEmpty()) {
      needs.pop().close();
    }
  }
}
