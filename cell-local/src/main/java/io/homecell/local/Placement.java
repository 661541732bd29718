package io.homecell.local;

import java.util.List;
import java.util.Optional;

/**
 * Where on this machine the parts of a deployment run: as they are, or each behind a command that
 * puts it somewhere else, such as into a network namespace.
 */
public interface Placement {
  /** Every part as an ordinary process, on loopback addresses. */
  Placement LOOPBACK = part -> List.of();

  /**
   * What stands in front of a part's own command line. It must become that command (exec), so that
   * the process which is started is the part.
   */
  List<String> commandPrefix(Part part);

  /**
   * The address from which this process reaches the MySQL servers as their superuser; empty if they
   * are on loopback.
   */
  default Optional<String> administeredFrom() {
    return Optional.empty();
  }
}
