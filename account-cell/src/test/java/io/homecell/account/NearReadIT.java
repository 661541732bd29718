package io.homecell.account;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.core.fence.WriteToken;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A user of north is read in south's copy, over real sockets and MySQL. The test itself is the
 * replication: it copies rows, and says what is executed and when north's heart beat.
 */
@Timeout(120)
@ExtendWith(TwoCells.Extension.class)
class NearReadIT {
  private static final String OTHER = "00000000-0000-0000-0000-000000000001";
  private static final long BOUND_MILLIS = 2_000;

  private final TestCell north;
  private final TestCell south;
  private final String server;
  private long user;

  NearReadIT(TwoCells cells) {
    north = cells.north;
    south = cells.south;
    server = north.rows("SELECT LOWER(@@server_uuid)").get(0);
    user = cells.user(north, "5.00");
  }

  @BeforeEach
  void northIsKnownInTheSouth() {
    south.execute(
        "REPLACE INTO homecell.hc_server VALUES ('" + server + "', 'north-1')",
        "DELETE FROM homecell.hc_heartbeat");
  }

  @AfterEach
  void asBefore() {
    south.execute(
        "DELETE FROM homecell.hc_heartbeat",
        "UPDATE homecell.hc_lease SET expires_at = '2100-01-01'",
        "DELETE FROM homecell.hc_server WHERE cell = 'west-1'",
        "UPDATE homecell.hc_slot SET owner = 'north-1', state = 'OPEN' WHERE slot = " + slot());
  }

  private int slot() {
    return (int) (user & 1023);
  }

  private WriteToken deposit(String amount) {
    TestCell.Answer deposited = north.deposit(user, TwoCells.key(), amount);
    assertThat(deposited.status()).as("%s", deposited).isEqualTo(201);
    return WriteToken.parse(deposited.header("Homecell-Written")).orElseThrow();
  }

  /** South has executed each of north's transactions up to this one. */
  private void executedUpTo(long number) {
    String missing =
        south
            .rows(
                "SELECT GTID_SUBTRACT('%s:1-%d', @@GLOBAL.gtid_executed)".formatted(server, number))
            .get(0);
    if (!missing.isEmpty()) {
      south.execute("SET GLOBAL gtid_purged = '+" + missing + "'");
    }
  }

  private void beat(long millisAgo) {
    south.execute(
        ("REPLACE INTO homecell.hc_heartbeat VALUES ('north-1', 'south-1', 1,"
                + " UTC_TIMESTAMP(6) - INTERVAL %d MICROSECOND)")
            .formatted(millisAgo * 1_000));
  }

  private TestCell.Answer near(TestCell cell, long boundMillis, String... readAfter) {
    var request =
        cell.request("/accounts/" + user)
            .header("Cell-User", Long.toString(user))
            .header("Cell-Near", Long.toString(boundMillis));
    for (String token : readAfter) {
      request.header("Homecell-Read-After", token);
    }
    return cell.send(request);
  }

  private void awaitRefusal(String reason, long boundMillis, String... readAfter) {
    TwoCells.await(
        reason,
        () -> near(south, boundMillis, readAfter).header("Cell-Near-Refused").equals(reason));
    TestCell.Answer refused = near(south, boundMillis, readAfter);
    assertThat(refused.status()).isEqualTo(421);
    assertThat(refused.header("Homecell-Copy-Age")).isEmpty();
  }

  private TestCell.Answer awaitAnswer(long boundMillis, String... readAfter) {
    TwoCells.await("answer", () -> near(south, boundMillis, readAfter).status() == 200);
    return near(south, boundMillis, readAfter);
  }

  @Test
  void aWriteIsNamedAndReadNearOnceItIsThereAndNotBefore() {
    north.copySlotTo(south, slot());
    WriteToken first = deposit("1.00");
    WriteToken second = deposit("1.00");
    assertThat(first.server()).isEqualTo(server);
    assertThat(second.first()).isEqualTo(second.last()).isGreaterThan(first.last());
    assertThat(north.rows("SELECT GTID_SUBSET('" + second + "', @@GLOBAL.gtid_executed)"))
        .containsExactly("1");

    executedUpTo(second.first() - 1);
    beat(0);
    TestCell.Answer old = awaitAnswer(60_000);
    assertThat(old.text("balance")).as("what the copy has").isEqualTo("5.00");
    awaitAnswer(60_000, first.toString());
    awaitRefusal("lacks-write", 60_000, second.toString());

    north.copySlotTo(south, slot());
    executedUpTo(second.last());
    TestCell.Answer now = awaitAnswer(60_000, second.toString());
    assertThat(now.text("balance")).isEqualTo("7.00");
    for (String malformed : new String[] {"x", "", second + "," + second, "' OR 1=1"}) {
      awaitRefusal("lacks-write", 60_000, malformed);
    }
    awaitRefusal("lacks-write", 60_000, second.toString(), second.toString());
  }

  @Test
  void theAgeIsToldAndBounded() {
    awaitRefusal("unknown", BOUND_MILLIS);
    north.copySlotTo(south, slot());
    executedUpTo(deposit("1.00").last());
    beat(400);
    TestCell.Answer answer = awaitAnswer(60_000);
    long age = Long.parseLong(answer.header("Homecell-Copy-Age"));
    assertThat(age).isBetween(400L, 30_000L);
    assertThat(Long.parseLong(answer.header("Age"))).isBetween(age / 1_000, age / 1_000 + 1);
    beat(5_000);
    awaitRefusal("behind", BOUND_MILLIS);
    awaitAnswer(60_000);
    assertThat(near(south, 0).status()).isEqualTo(421);
  }

  @Test
  void aBeatThatOvertookATransactionDoesNotCount() {
    north.copySlotTo(south, slot());
    long last = deposit("1.00").last();
    executedUpTo(last);
    beat(40_000);
    awaitAnswer(60_000);
    deposit("1.00");
    WriteToken later = deposit("1.00");
    // The one between is refused here; the next has arrived, and a beat behind it.
    south.execute("SET GLOBAL gtid_purged = '+" + later + "'");
    beat(0);
    awaitRefusal("behind", 30_000);
    executedUpTo(later.last());
    awaitAnswer(30_000);
  }

  @Test
  void aCopyThatMayBeNobodysDoesNotAnswer() {
    north.copySlotTo(south, slot());
    executedUpTo(deposit("1.00").last());
    beat(0);
    awaitAnswer(60_000);
    south.execute("UPDATE homecell.hc_slot SET state = 'CLOSED' WHERE slot = " + slot());
    awaitRefusal("unknown", 60_000);
    south.execute("UPDATE homecell.hc_slot SET state = 'OPEN' WHERE slot = " + slot());
    awaitAnswer(60_000);
    // Of another group there may be every transaction, and no row.
    south.execute(
        "INSERT INTO homecell.hc_server VALUES ('" + OTHER + "', 'west-1')",
        "INSERT INTO homecell.hc_heartbeat VALUES ('west-1', 'x', 1, UTC_TIMESTAMP(6))",
        "UPDATE homecell.hc_slot SET owner = 'west-1' WHERE slot = " + slot());
    awaitRefusal("unknown", 60_000);
    south.execute(
        "DELETE FROM homecell.hc_server WHERE cell = 'west-1'",
        "UPDATE homecell.hc_slot SET owner = 'north-1' WHERE slot = " + slot());
    awaitAnswer(60_000);
    south.execute("UPDATE homecell.hc_lease SET expires_at = '2000-01-01'");
    awaitRefusal("unknown", 60_000);
  }

  @Test
  void theOwnerAnswersAsEver() {
    TestCell.Answer home = north.get("/accounts/" + user, user);
    assertThat(home.status()).isEqualTo(200);
    assertThat(home.header("Homecell-Copy-Age")).isEmpty();
    assertThat(home.header("Homecell-Written")).as("nothing was written").isEmpty();
    TestCell.Answer near = near(north, BOUND_MILLIS);
    assertThat(near.status()).as("%s", near).isEqualTo(200);
    assertThat(Long.parseLong(near.header("Homecell-Copy-Age"))).isLessThan(BOUND_MILLIS);
    TestCell.Answer elsewhere = south.get("/accounts/" + user, user);
    assertThat(elsewhere.status()).as("a copy answers only who asks for one").isEqualTo(421);
    assertThat(elsewhere.header("Cell-Epoch")).isNotEmpty();
  }
}
