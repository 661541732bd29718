package io.homecell.sync.verify;

import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.position.CellDatabase;
import java.time.Duration;
import java.util.List;

/** What a verification of copy tables finds, for tests of other packages. */
public final class CopyVerification {
  private CopyVerification() {}

  /** Each row that differs; a table that was not compared, or a row in doubt, is an error. */
  public static List<String> differences(
      CellDatabase source, CellDatabase target, CarriedTables carried) throws Exception {
    VerifyResult result =
        Verification.run(
            source, target, carried, Scope.ALL, Duration.ofSeconds(60), Pace.ASKED_FOR);
    for (TableResult table : result.tables()) {
      if (table.undecided() > 0 || table.notCompared().isPresent()) {
        throw new AssertionError(table.toString());
      }
    }
    return result.tables().stream()
        .flatMap(table -> table.differences().stream())
        .map(
            row ->
                row.schema()
                    + "."
                    + row.table()
                    + " "
                    + row.key()
                    + " "
                    + row.kind()
                    + " "
                    + row.columns())
        .toList();
  }
}
