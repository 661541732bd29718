package io.homecell.benchmarks.router;

import io.homecell.local.FreePorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The edge beside other proxies: the same users to the same two cells, by the same header, with
 * metrics and a request id on, driven by wrk in turn, round after round. All of them are real
 * processes, started, checked and stopped by it.
 */
@Command(name = "router-benchmark", mixinStandardHelpOptions = true)
public final class RouterBenchmark implements Callable<Integer> {
  private static final int SLOTS = 1_024;
  private static final int CANT_MEASURE = 2;

  @Option(names = "--peers", split = ",", defaultValue = "nginx,haproxy,scg,cell-router")
  private List<PeerKind> peers = List.of();

  @Option(names = "--rounds", defaultValue = "5", description = "default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(names = "--seconds", defaultValue = "10", description = "of each; ${DEFAULT-VALUE}")
  private int seconds;

  @Option(
      names = "--warm-up",
      defaultValue = "20",
      description = "seconds of load before the first round, for each peer; ${DEFAULT-VALUE}")
  private int warmUpSeconds;

  @Option(names = "--connections", defaultValue = "64", description = "default: ${DEFAULT-VALUE}")
  private int connections;

  @Option(names = "--users", defaultValue = "8192", description = "default: ${DEFAULT-VALUE}")
  private int users;

  @Option(
      names = "--threads",
      description = "of each peer, and of wrk; as many as there are cores if not given")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(names = "--tls", description = "clients speak TLS: nginx and cell-router only")
  private boolean tls;

  @Option(names = "--reconnect", description = "each request comes on a connection of its own")
  private boolean reconnect;

  @Option(
      names = "--jvm",
      split = " ",
      defaultValue = "-Xms512m -Xmx512m -XX:+UseSerialGC",
      description = "options of the peers that run on one: ${DEFAULT-VALUE}")
  private List<String> jvm = List.of();

  @Option(names = "--folder", description = "where they live; a temporary one if not given")
  private Optional<Path> folder = Optional.empty();

  /** Runs it. */
  public static void main(String[] args) {
    CommandLine line = new CommandLine(new RouterBenchmark());
    line.registerConverter(PeerKind.class, PeerKind::of);
    System.exit(line.execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Set<PeerKind> kinds = EnumSet.copyOf(peers);
    Installed installed = Installed.here();
    List<String> missing = installed.missing(kinds, tls);
    if (!missing.isEmpty()) {
      System.err.println("can't measure:\n  " + String.join("\n  ", missing));
      return CANT_MEASURE;
    }
    Path place =
        (folder.isPresent() ? folder.get() : Files.createTempDirectory("router-benchmark"))
            .toAbsolutePath();
    ClientTerms clients =
        new ClientTerms(
            tls ? Optional.of(EdgeCertificate.make(installed, place)) : Optional.empty(),
            reconnect);
    List<Integer> ports = FreePorts.take(2);
    RoutedSet set =
        new RoutedSet(
            SLOTS,
            users,
            List.of(
                new RoutedSet.Cell("north-1", ports.get(0)),
                new RoutedSet.Cell("north-2", ports.get(1))));
    Wrk wrk = new Wrk(installed, place, set, clients, connections, threads);
    Map<PeerKind, Peer> running = new LinkedHashMap<>();
    try (Peer backends = Site.backends(installed, place.resolve("backends"), set)) {
      try {
        Site site = new Site(installed, place, set, clients, threads, jvm);
        for (PeerKind kind : kinds) {
          running.put(kind, site.start(kind));
        }
        measure(running, new RoutingCheck(set, clients), wrk);
      } finally {
        for (Peer peer : running.values()) {
          peer.close();
        }
      }
    }
    return 0;
  }

  private void measure(Map<PeerKind, Peer> running, RoutingCheck check, Wrk wrk) throws Exception {
    List<String> withoutId = new ArrayList<>();
    for (Peer peer : running.values()) {
      if (!check.check(peer)) {
        withoutId.add(peer.name());
      }
      System.out.printf("%-12s routes users of both cells as it should%n", peer.name());
    }
    for (Peer peer : running.values()) {
      if (warmUpSeconds > 0) {
        print("warm-up", peer, wrk.run(peer, warmUpSeconds));
      }
    }
    OtherLoad others = new OtherLoad();
    Map<PeerKind, List<Measured>> measured = new EnumMap<>(PeerKind.class);
    List<PeerKind> order = new ArrayList<>(running.keySet());
    for (int round = 1; round <= rounds; round++) {
      for (PeerKind kind : order) {
        Peer peer = running.get(kind);
        if (peer == null) {
          throw new IllegalStateException(kind + " does not run");
        }
        others.look();
        Measured once = wrk.run(peer, seconds);
        print("round " + round, peer, once);
        measured.computeIfAbsent(kind, ignored -> new ArrayList<>()).add(once);
      }
      // Each is first, last and behind each other in turn.
      order.add(order.remove(0));
    }
    Comparison comparison = new Comparison(measured);
    System.out.printf("%n%s%n%n", comparison.table());
    if (!tls && !reconnect) {
      comparison.bars().forEach(bar -> System.out.println(bar));
    }
    System.out.println(others.verdict());
    withoutId.forEach(
        name -> System.out.printf("%s makes no request id: its figures flatter it%n", name));
  }

  private static void print(String what, Peer peer, Measured once) {
    System.out.printf(
        "%-10s %-12s %8.0f requests/s, CPU %6.1f us each, p50 %6.2f ms, p99 %7.2f ms%n",
        what,
        peer.name(),
        once.requestsPerSecond(),
        once.cpuMicros(),
        once.p50Millis(),
        once.p99Millis());
  }
}
