package io.homecell.benchmarks.router;

import io.homecell.local.ProjectTree;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The programs and jars that a run needs, wherever this machine has them. */
record Installed(Path root) {
  /** Servers are installed where the search path of a user may not look. */
  private static final List<String> ALSO = List.of("/usr/sbin", "/usr/local/sbin");

  private static final Set<PeerKind> TLS = EnumSet.of(PeerKind.NGINX, PeerKind.CELL_ROUTER);

  static Installed here() {
    return new Installed(ProjectTree.find().root());
  }

  /** What is missing, or can't be had, each with how to get it. */
  List<String> missing(Set<PeerKind> peers, boolean tls) {
    List<String> missing = new ArrayList<>();
    if (tls) {
      requireProgram("openssl", "openssl", missing);
      peers.stream()
          .filter(peer -> !TLS.contains(peer))
          .forEach(
              peer ->
                  missing.add(
                      "--tls: not set up for "
                          + peer.word()
                          + " (expected: --peers nginx,cell-router)"));
    }
    requireProgram("wrk", "wrk", missing);
    requireProgram("nginx", "nginx-light", missing);
    for (PeerKind peer : peers) {
      peer.debianPackage().ifPresent(from -> requireProgram(peer.word(), from, missing));
    }
    if (peers.contains(PeerKind.SCG) && !Files.exists(scg())) {
      missing.add(scg() + ": not built (./mvnw -q -f benchmarks/router/scg/pom.xml package)");
    }
    if (peers.contains(PeerKind.CELL_ROUTER) && !Files.exists(routerClassPathFile())) {
      missing.add(
          routerClassPathFile()
              + ": not built (./mvnw -q -pl cell-router -am -DskipTests package)");
    }
    return missing;
  }

  private void requireProgram(String name, String debianPackage, List<String> missing) {
    String line = name + ": not on the PATH (Debian: apt-get install " + debianPackage + ")";
    if (find(name).isEmpty() && !missing.contains(line)) {
      missing.add(line);
    }
  }

  private static Optional<Path> find(String program) {
    List<String> folders = new ArrayList<>();
    folders.addAll(List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)));
    folders.addAll(ALSO);
    return folders.stream()
        .filter(folder -> !folder.isBlank())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  String program(String name) {
    return find(name)
        .orElseThrow(() -> new IllegalStateException(name + ": not on the PATH"))
        .toString();
  }

  static String java() {
    return Path.of(System.getProperty("java.home"), "bin", "java").toString();
  }

  Path scg() {
    return root.resolve("benchmarks/router/scg/target/scg.jar");
  }

  private Path routerClassPathFile() {
    return root.resolve("cell-router/target/runtime.classpath");
  }

  String routerClassPath() throws java.io.IOException {
    return root.resolve("cell-router/target/cell-router.jar")
        + File.pathSeparator
        + Files.readString(routerClassPathFile()).strip();
  }
}
