package io.homecell.tests.fault;

import io.homecell.local.Part;
import io.homecell.local.Placement;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Sites with a network of their own: a namespace for each, joined by a bridge, made with iproute2.
 * This process stands beside the bridge and reaches all of them, whatever is cut between them.
 *
 * <p>A cut is silent, as on a real network: packets go to a hardware address that nobody has, so
 * neither side gets an error. Everything is gone when it is closed, or when this process ends.
 */
final class IsolatedSites implements Placement, AutoCloseable {
  static final String COORDINATION = "coordination";

  private static final int NETWORKS = 200;
  private static final String NOBODY = "02:de:ad:00:00:01";
  private static final String DEVICE = "edge0";

  private final int network;
  private final Map<String, String> addresses = new LinkedHashMap<>();
  private final List<String> outsides = new ArrayList<>();
  private final Thread cleaner = new Thread(this::remove, "remove namespaces");

  private IsolatedSites(int network) {
    this.network = network;
  }

  /**
   * Whether this process can make namespaces and bridges; tried, since being root is no promise.
   * {@code -Dfault.links=false} says no.
   */
  static boolean available() {
    if (System.getProperty("fault.links", "true").equals("false")) {
      return false;
    }
    String probe = "hcprobe" + ProcessHandle.current().pid();
    boolean can =
        onPath("ip")
            && onPath("tc")
            && run(List.of("ip", "netns", "add", probe)).isEmpty()
            && run(List.of("ip", "link", "add", probe, "type", "bridge")).isEmpty();
    if (can) {
      run(List.of("ip", "link", "del", probe));
    }
    if (onPath("ip")) {
      run(List.of("ip", "netns", "del", probe));
    }
    return can;
  }

  private static boolean onPath(String program) {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  /** Makes a network with these sites; no two of one machine share one. */
  static IsolatedSites of(String... sites) {
    for (int network = 1; network <= NETWORKS; network++) {
      IsolatedSites made = new IsolatedSites(network);
      if (run(List.of("ip", "link", "add", made.bridge(), "type", "bridge")).isEmpty()) {
        Runtime.getRuntime().addShutdownHook(made.cleaner);
        made.build(sites);
        return made;
      }
    }
    throw new IllegalStateException("no network could be made (tried: " + NETWORKS + ")");
  }

  private void build(String... sites) {
    ip("address", "add", host() + "/24", "dev", bridge());
    ip("link", "set", bridge(), "up");
    int number = 0;
    for (String site : sites) {
      number++;
      String namespace = namespace(site);
      String outside = "hc" + network + "v" + number;
      outsides.add(outside);
      addresses.put(site, "10.213." + network + "." + number);
      ip("netns", "add", namespace);
      ip("link", "add", outside, "type", "veth", "peer", "name", DEVICE, "netns", namespace);
      ip("link", "set", outside, "master", bridge(), "up");
      ip("-n", namespace, "link", "set", "lo", "up");
      ip("-n", namespace, "address", "add", address(site) + "/24", "dev", DEVICE);
      ip("-n", namespace, "link", "set", DEVICE, "up");
    }
  }

  private String bridge() {
    return "hcbridge" + network;
  }

  private String namespace(String site) {
    return "hc" + network + "-" + site;
  }

  /** This process's own address. */
  String host() {
    return "10.213." + network + ".254";
  }

  String address(String site) {
    return Optional.ofNullable(addresses.get(site))
        .orElseThrow(() -> new IllegalArgumentException(site + " (expected: one of " + addresses));
  }

  /** A command line that runs another in a site. */
  List<String> in(String site, String... command) {
    List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace(site)));
    whole.addAll(List.of(command));
    return whole;
  }

  @Override
  public List<String> commandPrefix(Part part) {
    return in(part.datacenter().orElse(COORDINATION));
  }

  @Override
  public Optional<String> administeredFrom() {
    return Optional.of(host());
  }

  /** What one site sends to the other is lost from now on; the other way goes on. */
  void cut(String from, String to) {
    ip(
        "-n",
        namespace(from),
        "neigh",
        "replace",
        address(to),
        "lladdr",
        NOBODY,
        "dev",
        DEVICE,
        "nud",
        "permanent");
  }

  void mend(String from, String to) {
    run(List.of("ip", "-n", namespace(from), "neigh", "del", address(to), "dev", DEVICE));
  }

  /** What a site sends goes at this rate from now on, whoever it is for. */
  void slow(String site, int kilobitsPerSecond) {
    must(
        List.of(
            "tc",
            "-n",
            namespace(site),
            "qdisc",
            "replace",
            "dev",
            DEVICE,
            "root",
            "tbf",
            "rate",
            kilobitsPerSecond + "kbit",
            "burst",
            "16kb",
            "latency",
            "400ms"));
  }

  void quicken(String site) {
    run(List.of("tc", "-n", namespace(site), "qdisc", "del", "dev", DEVICE, "root"));
  }

  /** Mends everything. */
  void mendAll() {
    for (String from : addresses.keySet()) {
      quicken(from);
      for (String to : addresses.keySet()) {
        mend(from, to);
      }
    }
  }

  private static void ip(String... arguments) {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments));
    must(command);
  }

  private static void must(List<String> command) {
    run(command)
        .ifPresent(
            error -> {
              throw new IllegalStateException(String.join(" ", command) + ": " + error);
            });
  }

  /** What it complained of; empty if it did not. */
  private static Optional<String> run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean ended = process.waitFor(10, TimeUnit.SECONDS);
      return ended && process.exitValue() == 0 ? Optional.empty() : Optional.of(said.strip());
    } catch (IOException e) {
      return Optional.of(e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted");
    }
  }

  /**
   * Links by name, since those of a namespace outlive it: the kernel takes them away later, and the
   * next to use their names would find them taken. The bridge goes last, because who makes it has
   * the names of its network.
   */
  private void remove() {
    outsides.forEach(link -> run(List.of("ip", "link", "del", link)));
    addresses.keySet().forEach(site -> run(List.of("ip", "netns", "del", namespace(site))));
    run(List.of("ip", "link", "del", bridge()));
  }

  @Override
  public void close() {
    Runtime.getRuntime().removeShutdownHook(cleaner);
    remove();
  }
}
