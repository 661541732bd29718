package io.homecell.router.upstream;

import java.util.List;

/** The instances known now. Answers from memory, at once; safe for any number of threads. */
@FunctionalInterface
public interface Instances {
  /** The instances of a service in a cell of this datacenter; empty if none is known. */
  List<Upstream> of(String service, String cell);
}
