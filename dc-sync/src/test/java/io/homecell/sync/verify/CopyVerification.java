package io.homecell.sync.verify;

import io.homecell.sync.apply.FrameworkTables;
import io.homecell.sync.capture.CarriedTables;
import io.homecell.sync.position.CellDatabase;
import io.homecell.sync.throttle.Throttle;
import io.homecell.sync.throttle.Throttles;
import io.homecell.sync.throttle.Throttling;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What verifications find, and repairs do, for tests of other packages. */
public final class CopyVerification {
  private static final Duration WITHIN = Duration.ofSeconds(60);

  private CopyVerification() {}

  /** One that waits for nothing. */
  static Throttle freely(CellDatabase source, CellDatabase target) {
    return new Throttles(Throttling.NONE, source, target, new SimpleMeterRegistry()).verification();
  }

  /** Each row that differs; a table that was not compared, or a row in doubt, is an error. */
  public static List<String> differences(
      CellDatabase source, CellDatabase target, CarriedTables carried) throws Exception {
    try (Throttle throttle = freely(source, target)) {
      return differences(source, target, carried, Scope.ALL, throttle);
    }
  }

  /** The same of one table of cells of a group. */
  public static List<String> differencesOf(
      CellDatabase source, CellDatabase target, String table, Throttle throttle) throws Exception {
    return differences(
        source,
        target,
        new CarriedTables.AllBut(FrameworkTables.LOCAL),
        new Scope(Optional.empty(), Optional.of(table)),
        throttle);
  }

  private static List<String> differences(
      CellDatabase source,
      CellDatabase target,
      CarriedTables carried,
      Scope scope,
      Throttle throttle)
      throws Exception {
    VerifyResult result =
        Verification.run(source, target, carried, scope, WITHIN, Pace.ASKED_FOR, throttle);
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

  /** What a repair of copies does to each row. */
  public static List<String> repair(
      CellDatabase center,
      CellDatabase mended,
      List<CellDatabase> group,
      CarriedTables carried,
      Map<String, String> centers,
      boolean deleting)
      throws Exception {
    return new Repair(
            center,
            mended,
            group,
            centers,
            new Repair.Order(Scope.ALL, WITHIN, false, deleting, "ann", "a test"))
            .run(
                new PipelineVerification(
                    center,
                    mended,
                    carried,
                    new NothingKept(),
                    Throttling.NONE,
                    new SimpleMeterRegistry()))
            .rows()
            .stream()
            .map(row -> row.table() + " " + row.key() + " " + row.outcome() + " " + row.detail())
            .map(String::strip)
            .sorted()
            .toList();
  }

  /** Keeps nothing: what is known is not looked at. */
  static final class NothingKept implements VerificationRecord {
    @Override
    public Optional<Found> read() throws IOException {
      return Optional.empty();
    }

    @Override
    public void add(VerifyResult result) throws IOException {
      // not looked at
    }
  }
}
