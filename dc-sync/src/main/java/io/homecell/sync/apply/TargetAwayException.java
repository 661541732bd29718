package io.homecell.sync.apply;

import io.homecell.sync.position.CellDatabase;
import java.sql.SQLException;

/** The target can't be reached; the pipeline tries again. */
public final class TargetAwayException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  TargetAwayException(CellDatabase target, SQLException cause) {
    super("target " + target + ": " + cause.getMessage(), cause);
  }
}
