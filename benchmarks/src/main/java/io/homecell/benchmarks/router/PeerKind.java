package io.homecell.benchmarks.router;

import java.util.Optional;

/** The proxies that are compared. */
enum PeerKind {
  NGINX("nginx", Optional.of("nginx-light")),
  HAPROXY("haproxy", Optional.of("haproxy")),
  SCG("scg", Optional.empty()),
  CELL_ROUTER("cell-router", Optional.empty());

  private final String word;
  private final Optional<String> debianPackage;

  PeerKind(String word, Optional<String> debianPackage) {
    this.word = word;
    this.debianPackage = debianPackage;
  }

  /** Its name in options and tables; its program's, if it is installed as one. */
  String word() {
    return word;
  }

  /** Where its program comes from; empty if it is built here. */
  Optional<String> debianPackage() {
    return debianPackage;
  }

  /**
   * The peer of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static PeerKind of(String word) {
    for (PeerKind kind : values()) {
      if (kind.word.equals(word)) {
        return kind;
      }
    }
    throw new IllegalArgumentException(
        "'" + word + "' (expected: nginx, haproxy, scg, cell-router)");
  }
}
