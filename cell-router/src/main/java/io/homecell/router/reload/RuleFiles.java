package io.homecell.router.reload;

import io.homecell.core.topology.Topology;
import io.homecell.core.topology.TopologyFile;
import io.homecell.router.identity.IdentityReader;
import io.homecell.router.identity.TokenVerifier;
import io.homecell.router.proxy.EdgeRules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The files that a router's rules come from.
 *
 * @param topology of which the section {@code edge} is read anew
 * @param keys the JSON Web Key Set, if it is a file
 * @param fetched checks tokens by keys that are fetched, which need no reading
 */
public record RuleFiles(
    Path topology, Optional<Path> keys, Optional<TokenVerifier> fetched, String datacenter) {

  /** With keys of a file, or none. */
  public RuleFiles(Path topology, Optional<Path> keys, String datacenter) {
    this(topology, keys, Optional.empty(), datacenter);
  }

  /** Whether tokens are believed at all. */
  public boolean believesTokens() {
    return keys.isPresent() || fetched.isPresent();
  }

  /**
   * Reads both.
   *
   * @throws IllegalArgumentException if the keys can't be used
   * @throws io.homecell.core.topology.TopologyException if the topology can't be used
   */
  public EdgeRules read() {
    Topology read = TopologyFile.read(topology);
    return EdgeRules.of(
        read,
        datacenter,
        new IdentityReader(read.edge(), keys.map(TokenVerifier::read).or(() -> fetched)));
  }

  /** What tells one state of the files from another without reading them. */
  String fingerprint() {
    return fingerprint(topology) + keys.map(file -> " " + fingerprint(file)).orElse("");
  }

  private static String fingerprint(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis() + "/" + Files.size(file);
    } catch (IOException e) {
      return "absent";
    }
  }

  /** The sections beside {@code edge} in which two topologies differ: those need a restart. */
  static List<String> otherChanges(Topology before, Topology after) {
    List<String> changed = new ArrayList<>();
    addIfUnequal(changed, "slots", before.slots(), after.slots());
    addIfUnequal(changed, "coordination", before.coordination(), after.coordination());
    addIfUnequal(changed, "datacenters", before.datacenters(), after.datacenters());
    addIfUnequal(changed, "cells", before.cells(), after.cells());
    addIfUnequal(changed, "services", before.services(), after.services());
    return changed;
  }

  private static void addIfUnequal(List<String> changed, String name, Object one, Object other) {
    if (!one.equals(other)) {
      changed.add(name);
    }
  }
}
