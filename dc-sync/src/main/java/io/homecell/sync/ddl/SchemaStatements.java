package io.homecell.sync.ddl;

import io.homecell.sync.position.Gtid;
import java.sql.SQLException;

/** Where the statement of a schema change is found. */
@FunctionalInterface
public interface SchemaStatements {
  /**
   * The statement under an identifier.
   *
   * @throws SQLException if the source is away, or no longer has it
   * @throws io.homecell.sync.position.ReplicationHaltedException if it has no such statement, or
   *     one that can't be read exactly
   */
  SchemaStatement read(Gtid gtid) throws SQLException;
}
