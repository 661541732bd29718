package io.homecell.core.route;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.homecell.core.testing.Tables;
import java.util.List;
import java.util.stream.LongStream;
import org.jetbrains.lincheck.LincheckAssertionError;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Threads that bring tables and threads that route by them: each result must be one that some order
 * of whole steps explains. So no reader sees a mix of two tables, and none sees an epoch fall. What
 * breaks that on purpose must be found, else the search proves nothing.
 */
@Timeout(60)
class NewestTableTest {
  private static final List<RouteTable> TABLES =
      LongStream.rangeClosed(1, 4).mapToObj(epoch -> Tables.halves(epoch, epoch)).toList();
  private static final int LAST_SLOT = Tables.SLOTS.count() - 1;

  /** What is tested, as Lincheck calls it. */
  @Param(name = "epoch", gen = IntGen.class, conf = "1:4")
  public static final class WholeTables {
    private final NewestTable newest = new NewestTable();

    @Operation
    public boolean offer(@Param(name = "epoch") int epoch) {
      return newest.offer(TABLES.get(epoch - 1));
    }

    @Operation
    public String read() {
      RouteTable table = newest.get();
      return table == null
          ? "none"
          : table.epoch() + "/" + table.of(0).epoch() + "/" + table.of(LAST_SLOT).epoch();
    }
  }

  /** The table changed in place, one slot after the other. */
  @Param(name = "epoch", gen = IntGen.class, conf = "1:4")
  public static final class TornTables {
    private volatile long epoch;
    private volatile long first;
    private volatile long last;

    @Operation
    public synchronized boolean offer(@Param(name = "epoch") int offered) {
      if (offered <= epoch) {
        return false;
      }
      epoch = offered;
      first = offered;
      last = offered;
      return true;
    }

    @Operation
    public String read() {
      return epoch + "/" + first + "/" + last;
    }
  }

  /** Whole tables, but whether one is newer is not decided together with taking it. */
  @Param(name = "epoch", gen = IntGen.class, conf = "1:4")
  public static final class FallingEpochs {
    private volatile long epoch;

    @Operation
    public boolean offer(@Param(name = "epoch") int offered) {
      if (offered <= epoch) {
        return false;
      }
      epoch = offered;
      return true;
    }

    @Operation
    public long read() {
      return epoch;
    }
  }

  private static void allInterleavings(Class<?> tested) {
    new ModelCheckingOptions()
        .iterations(10)
        .invocationsPerIteration(400)
        .threads(3)
        .actorsPerThread(2)
        .minimizeFailedScenario(false)
        .check(tested);
  }

  @Test
  void everyReaderSeesWholeTablesWhoseEpochsNeverFall() {
    assertThatCode(() -> allInterleavings(WholeTables.class)).doesNotThrowAnyException();
  }

  @Test
  void alsoOnThisMachinesCores() {
    assertThatCode(
            () ->
                new StressOptions()
                    .iterations(5)
                    .invocationsPerIteration(1_000)
                    .threads(3)
                    .actorsPerThread(2)
                    .check(WholeTables.class))
        .doesNotThrowAnyException();
  }

  @Test
  void aTornTableIsFound() {
    assertThatThrownBy(() -> allInterleavings(TornTables.class))
        .isInstanceOf(LincheckAssertionError.class);
  }

  @Test
  void anEpochThatFallsIsFound() {
    assertThatThrownBy(() -> allInterleavings(FallingEpochs.class))
        .isInstanceOf(LincheckAssertionError.class);
  }
}
