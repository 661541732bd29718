package io.homecell.sync.stranded;

import static io.homecell.sync.TwoCells.NORTH;
import static io.homecell.sync.TwoCells.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.homecell.core.http.AdminServer.Answer;
import io.homecell.core.http.AdminServer.Request;
import io.homecell.core.json.Json;
import io.homecell.sync.TwoCells;
import io.homecell.sync.pipeline.Pipeline;
import io.homecell.sync.pipeline.PipelineStatus.State;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** North was failed over with five transactions that south did not have; south owns slot 5 now. */
@Timeout(120)
class StrandedIT {
  private static final String TYPES =
      "big_unsigned = 18446744073709551615, exact = 1.5, single_real = 0.1, double_real = -0.1,"
          + " bits = b'101', name = '0xab it''s', latin = 'Größe', some_bytes = x'00275c',"
          + " kind = 'PAID', moment = '9999-12-31 23:59:59.999999',"
          + " stamp = '2026-03-29 02:30:00.123456', time_of_day = '-838:59:58.999999'";

  private static TwoCells cells;
  private static Pipeline there;
  private static Pipeline back;
  private static StrandedTransactions stranded;
  private static List<String> gtids = new ArrayList<>();

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    cells = TwoCells.start(folder);
    for (String cell : List.of(NORTH, SOUTH)) {
      cells.run(
          cell,
          "SET sql_log_bin = 0",
          "INSERT INTO account.every_type SET id = 1, slot = 5, " + TYPES,
          "INSERT INTO account.wallet VALUES (1, 5, 'a', 10, 0, NULL), (2, 5, 'b', 20, 0, NULL),"
              + " (3, 5, 'c', 30, 0, NULL), (4, 5, 'd', 40, 0, NULL)");
    }
    cells.run(SOUTH, "UPDATE homecell.hc_slot SET owner = 'south-1', epoch = 3 WHERE slot = 5");
    // the owner has gone on with wallet 2
    cells.run(SOUTH, "UPDATE account.wallet SET balance = 21, version = 1 WHERE id = 2");
    strand(
        "UPDATE account.every_type SET name = 'new', double_real = 0.25 WHERE id = 1",
        "UPDATE account.wallet SET balance = 11, version = 1 WHERE id = 1",
        "INSERT INTO account.entry VALUES (1, 1, 5, 1)",
        "DELETE FROM account.wallet WHERE id = 3");
    strand(
        "UPDATE account.wallet SET balance = 25, version = 1 WHERE id = 2",
        "INSERT INTO account.entry VALUES (2, 1, 5, 5)");
    strand("UPDATE account.wallet SET balance = 45, version = 1 WHERE id = 4");
    there = cells.pipeline(NORTH, SOUTH);
    back = cells.pipeline(SOUTH, NORTH);
    TwoCells.awaitState(there, State.STREAMING);
    TwoCells.awaitState(back, State.STREAMING);
    cells.awaitArrival(NORTH, SOUTH);
    stranded = new StrandedTransactions(cells.database(SOUTH));
    cells.run(
        SOUTH,
        "SET sql_log_bin = 0",
        "UPDATE homecell.hc_lease SET expires_at = UTC_TIMESTAMP() + INTERVAL 1 HOUR");
  }

  private static void strand(String... statements) throws Exception {
    String[] all = new String[statements.length + 2];
    all[0] = "BEGIN";
    System.arraycopy(statements, 0, all, 1, statements.length);
    all[all.length - 1] = "COMMIT";
    cells.run(NORTH, all);
    String executed = cells.executed(NORTH).toString();
    gtids.add(
        cells.uuid(NORTH)
            + ":"
            + executed.replaceAll(".*" + cells.uuid(NORTH) + ":[0-9]*-?([0-9]+).*", "$1"));
  }

  @AfterAll
  static void stop() {
    there.close();
    back.close();
    cells.close();
  }

  private static Decision decision(int index, String reason, boolean force) {
    return new Decision(gtids.get(index), "ann", reason, force);
  }

  private static JsonNode kept(int index) throws Exception {
    return stranded.list(Optional.of(gtids.get(index))).get(0);
  }

  @Test
  void whatFitsIsReplayedOnceAsATransactionOfTheOwnerThatReachesTheOtherCell() throws Exception {
    JsonNode change = kept(0).path("changes").path(1);
    assertThat(change.path("before").path("balance").asText()).isEqualTo("10.00");
    assertThat(change.path("after").path("balance").asText()).isEqualTo("11.00");
    assertThat(change.path("current").path("balance").asText()).isEqualTo("10.00");
    assertThat(kept(0).path("changes").path(2).path("current").isNull()).isTrue();

    long before = executed();
    stranded.replay(decision(0, "", false));
    assertThat(executed()).isGreaterThan(before);
    stranded.replay(decision(0, "", false)); // done already
    cells.awaitArrival(SOUTH, NORTH);
    assertThat(kept(0).path("state").asText()).isEqualTo("REPLAYED");
    assertThat(kept(0).path("decidedBy").asText()).isEqualTo("ann");
    assertThat(kept(0).path("decidedAt").asText()).startsWith("20");
    for (String cell : List.of(NORTH, SOUTH)) {
      assertThat(cells.query(cell, "SELECT id, balance FROM account.wallet WHERE id IN (1, 3)"))
          .containsExactly("1,11.00");
      assertThat(cells.query(cell, "SELECT * FROM account.entry WHERE wallet = 1")).hasSize(1);
    }
    String types = "SELECT * FROM account.every_type";
    assertThat(cells.query(SOUTH, types)).isEqualTo(cells.query(NORTH, types)).hasSize(1);
    assertThat(cells.query(SOUTH, "SELECT name, double_real FROM account.every_type"))
        .containsExactly("new,0.25");
    assertThatThrownBy(() -> stranded.discard(decision(0, "no", false)))
        .hasMessageContaining("is REPLAYED already, decided by ann");
  }

  private static long executed() throws Exception {
    return cells.executed(SOUTH).size();
  }

  @Test
  void whatDoesNotFitIsRefusedWithItsRowsAndReplayedByForceWithAReason() throws Exception {
    assertThatThrownBy(() -> stranded.replay(decision(1, "", false)))
        .isInstanceOf(StrandedRefusedException.class)
        .hasMessageContaining("1 rows are not as it had found them: account.wallet id=2");
    assertThat(cells.query(SOUTH, "SELECT balance FROM account.wallet WHERE id = 2"))
        .containsExactly("21.00");
    assertThat(cells.query(SOUTH, "SELECT * FROM account.entry WHERE wallet = 2")).isEmpty();
    assertThat(kept(1).path("state").asText()).isEqualTo("OPEN");
    assertThatThrownBy(() -> decision(1, "", true)).hasMessageContaining("reason: none");

    cells.run(SOUTH, "UPDATE homecell.hc_slot SET state = 'CLOSED' WHERE slot = 5");
    assertThatThrownBy(() -> stranded.replay(decision(1, "agreed", true)))
        .hasMessageContaining("south-1 may not write slots [5]");
    cells.run(SOUTH, "UPDATE homecell.hc_slot SET state = 'OPEN' WHERE slot = 5");
    stranded.replay(decision(1, "agreed with the user", true));
    cells.awaitArrival(SOUTH, NORTH);
    for (String cell : List.of(NORTH, SOUTH)) {
      assertThat(cells.query(cell, "SELECT balance, version FROM account.wallet WHERE id = 2"))
          .containsExactly("25.00,1");
    }
    assertThat(kept(1).path("reason").asText()).isEqualTo("forced: agreed with the user");
  }

  @Test
  void aDiscardChangesNoRowAndIsKeptWithItsReason() throws Exception {
    StrandedApi api = new StrandedApi(Map.of(SOUTH, stranded));
    assertThat(discard(api, "").status()).isEqualTo(400);
    Answer done = discard(api, "paid by hand");
    assertThat(done.status()).isEqualTo(200);
    assertThat(discard(api, "again").status()).isEqualTo(200);
    assertThat(kept(2).path("state").asText()).isEqualTo("DISCARDED");
    assertThat(kept(2).path("reason").asText()).isEqualTo("paid by hand");
    assertThat(cells.query(SOUTH, "SELECT balance FROM account.wallet WHERE id = 4"))
        .containsExactly("40.00");
    assertThat(
            api.answer(
                    new Request(
                        "POST",
                        "/sync/stranded/replay",
                        Map.of(),
                        Json.write(Map.of("cell", SOUTH, "gtid", gtids.get(2), "by", "bob"))))
                .status())
        .isEqualTo(409);
    assertThat(api.answer(new Request("GET", "/sync/stranded", Map.of(), "")).status())
        .isEqualTo(200);
  }

  private static Answer discard(StrandedApi api, String reason) {
    String body =
        Json.write(Map.of("cell", SOUTH, "gtid", gtids.get(2), "by", "ann", "reason", reason));
    return api.answer(new Request("POST", "/sync/stranded/discard", Map.of(), body));
  }
}
