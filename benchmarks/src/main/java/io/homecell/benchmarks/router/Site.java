package io.homecell.benchmarks.router;

import io.homecell.core.coordination.Coordination;
import io.homecell.core.registry.Instance;
import io.homecell.core.registry.InstanceRegistry;
import io.homecell.core.route.RouteStore;
import io.homecell.core.route.RouteTable;
import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.local.FreePorts;
import io.homecell.local.LocalSecrets;
import io.homecell.local.LocalZookeeper;
import io.homecell.local.ManagedProcess.Launch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.curator.framework.CuratorFramework;

/**
 * Starts the cells' instances and the peers in front of them, each as the processes that it is in
 * earnest, in folders of their own and on free ports.
 *
 * @param clients how they are spoken to; with TLS only nginx and the router can be
 * @param threads of each peer
 * @param jvm options of those that run on one
 */
record Site(
    Installed installed,
    Path folder,
    RoutedSet set,
    ClientTerms clients,
    int threads,
    List<String> jvm) {
  private static final String SERVICE = "trade";
  private static final String DATACENTER = "north";

  /** The instances of both cells: the same for every peer. */
  static Peer backends(Installed installed, Path folder, RoutedSet set) throws IOException {
    String servers =
        set.eachCell(
            """
              server {
                listen {address} reuseport;
                location / {
                  return 200 '{"cell":"{name}","user":"$http_x_user_id","request":"$http_x_request_id"}';
                }
              }""");
    Path config = Template.write("backends.conf", folder, Map.of("servers", servers));
    return Peer.start(
        nginx("backends", installed, folder, config),
        set.cells().get(set.cells().size() - 1).port());
  }

  Peer start(PeerKind kind) throws Exception {
    Path own = Files.createDirectories(folder.resolve(kind.word()));
    Peer peer =
        switch (kind) {
          case NGINX -> nginx(own);
          case HAPROXY -> haproxy(own);
          case SCG -> scg(own);
          case CELL_ROUTER -> cellRouter(own);
        };
    return peer.speaking(clients.scheme());
  }

  private Peer nginx(Path own) throws IOException {
    int port = FreePorts.takeOne();
    String upstreams =
        set.eachCell(
            """
              upstream {name} {
                server {address};
                keepalive 64;
                keepalive_requests 1000000000;
              }""");
    Files.writeString(own.resolve("users.map"), set.map(";"));
    Path config =
        Template.write(
            "nginx.conf",
            own,
            Map.of("threads", threads, "port", port, "tls", nginxTls(), "upstreams", upstreams));
    return Peer.start(nginx(PeerKind.NGINX.word(), installed, own, config), port);
  }

  /** What follows the address that it listens at. */
  private String nginxTls() {
    return clients
        .tls()
        .map(
            tls ->
                " ssl;\n    ssl_certificate %s;\n    ssl_certificate_key %s"
                    .formatted(tls.certificate(), tls.key()))
        .orElse("");
  }

  private static Launch nginx(String name, Installed installed, Path folder, Path config) {
    return launch(
        name,
        folder,
        Map.of(),
        List.of(installed.program("nginx"), "-p", folder + "/", "-c", config.toString()));
  }

  private Peer haproxy(Path own) throws IOException {
    List<Integer> ports = FreePorts.take(2);
    String backends = set.eachCell("backend {name}\n  server {name} {address}");
    Files.writeString(own.resolve("users.map"), set.map(""));
    Path config =
        Template.write(
            "haproxy.cfg",
            own,
            Map.of(
                "threads",
                threads,
                "port",
                ports.get(0),
                "metricsPort",
                ports.get(1),
                "backends",
                backends));
    return Peer.start(
        launch(
            PeerKind.HAPROXY.word(),
            own,
            Map.of(),
            List.of(installed.program("haproxy"), "-db", "-f", config.toString())),
        ports.get(0));
  }

  private Peer scg(Path own) {
    int port = FreePorts.takeOne();
    List<String> command = java();
    command.addAll(
        List.of(
            "-Dreactor.netty.ioWorkerCount=" + threads,
            "-jar",
            installed.scg().toString(),
            "--server.port=" + port,
            "--slots=" + set.slots(),
            "--cells="
                + String.join(
                    ",", set.cells().stream().map(cell -> "http://" + cell.address()).toList())));
    return Peer.start(launch(PeerKind.SCG.word(), own, Map.of(), command), port);
  }

  /** With a real ZooKeeper that holds the route table and the instances. */
  private Peer cellRouter(Path own) throws Exception {
    List<Integer> ports = FreePorts.take(2);
    Topology.Endpoint zookeeper = new Topology.Endpoint("127.0.0.1", ports.get(0));
    Path file = topology(own, zookeeper, ports.get(1));
    Topology topology = TopologyFile.read(file);
    Path secrets = own.resolve("secrets.properties");
    LocalSecrets.ensure(secrets);
    Deque<AutoCloseable> needs = new ArrayDeque<>();
    try {
      needs.push(LocalZookeeper.start(own.resolve("zookeeper"), zookeeper));
      try (CuratorFramework client = Coordination.connect(topology.coordination())) {
        new RouteStore(client).createIfAbsent(RouteTable.initial(topology));
      }
      CuratorFramework registry =
          Coordination.connectRegistry(
              topology.datacenter(DATACENTER), topology.coordination().sessionTimeout());
      needs.push(registry);
      for (RoutedSet.Cell cell : set.cells()) {
        needs.push(
            InstanceRegistry.register(
                registry,
                new Instance(
                    SERVICE, cell.name(), cell.name() + ".trade.1", "127.0.0.1", cell.port())));
      }
      List<String> command = java();
      command.add("io.homecell.router.RouterMain");
      Map<String, String> environment =
          new HashMap<>(
              Map.of(
                  "CLASSPATH", installed.routerClassPath(),
                  "HOMECELL_TOPOLOGY", file.toString(),
                  "HOMECELL_DATACENTER", DATACENTER,
                  "HOMECELL_INSTANCE", DATACENTER + ".router.1",
                  "HOMECELL_DATA", own.resolve("data").toString(),
                  "HOMECELL_SECRETS", secrets.toString()));
      clients
          .tls()
          .ifPresent(
              tls -> {
                environment.put("HOMECELL_TLS_CERTIFICATE", tls.certificate().toString());
                environment.put("HOMECELL_TLS_KEY", tls.key().toString());
              });
      Peer router =
          Peer.start(launch(PeerKind.CELL_ROUTER.word(), own, environment, command), ports.get(1));
      return router.with(needs);
    } catch (Exception e) {
      while (!needs.isEmpty()) {
        needs.pop().close();
      }
      throw e;
    }
  }

  private Path topology(Path own, Topology.Endpoint zookeeper, int port) throws IOException {
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < set.cells().size(); i++) {
      int end = i + 1 == set.cells().size() ? set.slots() : set.firstSlot(i + 1);
      cells.add(
          "  %s: { datacenter: %s, group: g%d, slots: %d-%d, mysql: \"127.0.0.1:%d\" }"
              .formatted(
                  set.cells().get(i).name(),
                  DATACENTER,
                  i + 1,
                  set.firstSlot(i),
                  end - 1,
                  // nobody connects to it
                  i + 1));
    }
    return Template.write(
        "topology.yaml",
        own,
        Map.of(
            "slots",
            set.slots(),
            "zookeeper",
            zookeeper,
            "port",
            port,
            "cells",
            String.join("\n", cells)));
  }

  private List<String> java() {
    List<String> command = new ArrayList<>(List.of(Installed.java()));
    command.addAll(jvm);
    return command;
  }

  private static Launch launch(
      String name, Path folder, Map<String, String> environment, List<String> command) {
    return new Launch(name, command, environment, folder, folder.resolve(name + ".log"), false);
  }
}
