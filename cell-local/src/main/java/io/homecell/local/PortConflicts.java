package io.homecell.local;

import io.homecell.core.topology.Topology.Endpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Finds out, before anything is started, which ports are taken, by whom, and what to change. */
final class PortConflicts {
  private static final String LISTENING = "0A";

  private PortConflicts() {}

  /** What stands in the way of parts that are about to be started; a line each. */
  static List<String> of(List<Part> parts, Path topologyFile) {
    List<String> problems = new ArrayList<>();
    for (Part part : parts) {
      part.endpoint()
          .filter(endpoint -> !FreePorts.isFree(endpoint.host(), endpoint.port()))
          .ifPresent(endpoint -> problems.add(problem(part, endpoint, topologyFile)));
    }
    return problems;
  }

  private static String problem(Part part, Endpoint endpoint, Path topologyFile) {
    return "port "
        + endpoint.port()
        + " of "
        + part.name()
        + " is taken"
        + holder(endpoint.port()).map(who -> " by " + who).orElse("")
        + ": stop that, or change "
        + linesNaming(endpoint, topologyFile);
  }

  private static String linesNaming(Endpoint endpoint, Path topologyFile) {
    List<String> places = new ArrayList<>();
    try {
      List<String> lines = Files.readAllLines(topologyFile);
      for (int number = 1; number <= lines.size(); number++) {
        String line = lines.get(number - 1);
        if (line.matches(
            ".*\\b" + endpoint.host().replace(".", "\\.") + ":" + endpoint.port() + "\\b.*")) {
          places.add(Integer.toString(number));
        }
      }
    } catch (IOException unreadable) {
      // then the file alone is named
    }
    if (places.isEmpty()) {
      return "it in " + topologyFile;
    }
    return topologyFile + (places.size() == 1 ? " line " : " lines ") + String.join(", ", places);
  }

  /** The process that listens on a port, where the operating system tells. */
  static Optional<String> holder(int port) {
    Set<String> sockets = new HashSet<>();
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      sockets.addAll(listeningSockets(Path.of(table), port));
    }
    if (sockets.isEmpty()) {
      return Optional.empty();
    }
    return ProcessHandle.allProcesses()
        .filter(process -> holdsOneOf(process, sockets))
        .findFirst()
        .map(process -> "pid " + process.pid() + commandOf(process));
  }

  private static Set<String> listeningSockets(Path table, int port) {
    String suffix = String.format(Locale.ROOT, ":%04X", port);
    Set<String> sockets = new HashSet<>();
    try (Stream<String> lines = Files.lines(table)) {
      lines
          .map(line -> line.strip().split("\\s+"))
          .filter(fields -> fields.length > 9)
          .filter(fields -> fields[1].endsWith(suffix) && fields[3].equals(LISTENING))
          .forEach(fields -> sockets.add("socket:[" + fields[9] + "]"));
    } catch (IOException notLinux) {
      return Set.of();
    }
    return sockets;
  }

  private static boolean holdsOneOf(ProcessHandle process, Set<String> sockets) {
    try (Stream<Path> files = Files.list(Path.of("/proc/" + process.pid() + "/fd"))) {
      return files.anyMatch(file -> sockets.contains(linkTarget(file)));
    } catch (IOException | java.io.UncheckedIOException notOurs) {
      return false;
    }
  }

  private static String linkTarget(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException gone) {
      return "";
    }
  }

  private static String commandOf(ProcessHandle process) {
    return process.info().command().map(c -> " (" + Path.of(c).getFileName() + ")").orElse("");
  }
}
