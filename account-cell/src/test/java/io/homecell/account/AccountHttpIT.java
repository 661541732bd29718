package io.homecell.account;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The HTTP calls of an account cell, over real sockets and MySQL. */
@Timeout(240)
@ExtendWith(TwoCells.Extension.class)
class AccountHttpIT {
  private final TwoCells cells;

  AccountHttpIT(TwoCells cells) {
    this.cells = cells;
  }

  @Test
  void aNewUserGetsASlotOfTheCellThatTookTheRequest() {
    for (TestCell cell : List.of(cells.north, cells.south)) {
      TestCell.Answer made = cell.post("/accounts", "", TwoCells.key(), "{\"name\":\"Ada Ω\"}");
      assertThat(made.status()).as("%s", made).isEqualTo(201);
      long user = Long.parseLong(made.text("userId"));
      assertThat((user & 1023) < 512).isEqualTo(cell == cells.north);
      TestCell.Answer read = cell.get("/accounts/" + user, user);
      assertThat(read.status()).isEqualTo(200);
      assertThat(read.body()).isEqualTo(made.body());
      assertThat(read.text("name")).isEqualTo("Ada Ω");
      assertThat(read.text("balance")).isEqualTo("0.00");
      assertThat(read.text("cell")).isEqualTo(read.header("Cell-Served-By"));
    }
  }

  @Test
  void theSameKeyAnswersAsTheFirstTimeAndAnotherBodyIsRefused() {
    String key = TwoCells.key();
    TestCell.Answer first = cells.north.post("/accounts", "", key, "{\"name\":\"Ada\"}");
    TestCell.Answer again = cells.north.post("/accounts", "", key, "{ \"name\" : \"Ada\" }");
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.body()).isEqualTo(first.body());
    assertThat(cells.north.post("/accounts", "", key, "{\"name\":\"Eve\"}").status())
        .isEqualTo(422);

    long user = Long.parseLong(first.text("userId"));
    TestCell.Answer deposit = cells.north.deposit(user, key, "5.00");
    assertThat(deposit.status()).as("a user's keys are their own").isEqualTo(201);
    cells.north.deposit(user, TwoCells.key(), "1.00");
    TestCell.Answer replayed = cells.north.deposit(user, key, "5.00");
    assertThat(replayed.status()).isEqualTo(201);
    assertThat(replayed.body()).isEqualTo(deposit.body());
    assertThat(cells.north.deposit(user, key, "6.00").status()).isEqualTo(422);
    assertThat(cells.north.transfer(user, 5, key, "1.00").status()).isEqualTo(422);
    assertThat(cells.north.balance(user)).isEqualTo("6.00");
  }

  @Test
  void aRequestThatWasWrongMayBeMadeBetterUnderItsKey() {
    long payer = cells.user(cells.north, "1.00");
    long payee = cells.user(cells.north, "0");
    String key = TwoCells.key();
    assertThat(cells.north.transfer(payer, payer, key, "1.00").status()).isEqualTo(400);
    assertThat(cells.north.transfer(payer, payee, key, "1.00").status()).isEqualTo(201);
  }

  @Test
  void theSameKeyManyTimesAtOnceHasOneEffectAndOneAnswer() throws Exception {
    long payer = cells.user(cells.north, "20.00");
    long payee = cells.user(cells.south, "0");
    String key = TwoCells.key();
    String registration = TwoCells.key();
    ExecutorService threads = Executors.newFixedThreadPool(12);
    try {
      List<Future<TestCell.Answer>> transfers = new ArrayList<>();
      List<Future<TestCell.Answer>> registrations = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        // the whole balance: whoever came second and looked would find too little
        transfers.add(threads.submit(() -> cells.north.transfer(payer, payee, key, "20.00")));
        registrations.add(
            threads.submit(
                () -> cells.north.post("/accounts", "", registration, "{\"name\":\"Twin\"}")));
      }
      assertThat(distinct(transfers, "transferId")).hasSize(1);
      assertThat(distinct(registrations, "userId")).hasSize(1);
    } finally {
      threads.shutdownNow();
    }
    assertThat(cells.north.balance(payer)).isEqualTo("0.00");
    TwoCells.await("it arrives", () -> cells.south.balance(payee).equals("20.00"));
    assertThat(cells.north.rows("SELECT 1 FROM account.transfer WHERE payer = " + payer))
        .hasSize(1);
  }

  private static List<String> distinct(List<Future<TestCell.Answer>> answers, String field)
      throws Exception {
    List<String> values = new ArrayList<>();
    for (Future<TestCell.Answer> each : answers) {
      assertThat(each.get().status()).as("%s", each.get()).isEqualTo(201);
      values.add(each.get().text(field));
    }
    return values.stream().distinct().toList();
  }

  @Test
  void theLedgerIsReadInPartsAndAddsUp() {
    long user = cells.user(cells.north, "0");
    for (int i = 1; i <= 120; i++) {
      cells.north.deposit(user, TwoCells.key(), i + ".00");
    }
    List<JsonNode> items = new ArrayList<>();
    String cursor = "";
    do {
      TestCell.Answer part = cells.north.get("/accounts/" + user + "/entries" + cursor, user);
      assertThat(part.status()).as("%s", part).isEqualTo(200);
      part.body().path("items").forEach(items::add);
      assertThat(part.body().path("items").size()).isLessThanOrEqualTo(50);
      cursor = part.body().has("next") ? "?cursor=" + part.text("next") : "";
    } while (!cursor.isEmpty());
    assertThat(items).hasSize(120);
    BigDecimal balance = new BigDecimal(cells.north.balance(user));
    for (JsonNode item : items) {
      assertThat(item.path("kind").asText()).isEqualTo("DEPOSIT");
      assertThat(new BigDecimal(item.path("balance").asText())).isEqualTo(balance);
      balance = balance.subtract(new BigDecimal(item.path("amount").asText()));
      assertThat(item.path("at").asText()).endsWith("Z");
      assertThat(Long.parseLong(item.path("entryId").asText()) & 1023).isEqualTo(user & 1023);
    }
    assertThat(balance).isZero();
    assertThat(items.stream().map(item -> item.path("reference").asText()).distinct()).hasSize(120);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "no user                | 400 | no-identity          |      | k | {\"amount\":\"1.00\"}",
        "a user that is no id   | 400 | no-identity          | x    | k | {\"amount\":\"1.00\"}",
        "another user           | 403 | not-yours            | 17   | k | {\"amount\":\"1.00\"}",
        "no key                 | 400 | no-idempotency-key   | self |   | {\"amount\":\"1.00\"}",
        "broken JSON            | 400 | malformed-body       | self | k | {\"amount\":",
        "no body                | 400 | malformed-body       | self | k |",
        "JSON null              | 400 | malformed-body       | self | k | null",
        "a list                 | 400 | malformed-body       | self | k | []",
        "a number for a text    | 400 | malformed-body       | self | k | {\"amount\":1.00}",
        "no amount              | 400 | bad-amount           | self | k | {}",
        "a negative amount      | 400 | bad-amount           | self | k | {\"amount\":\"-1.00\"}",
        "three digits           | 400 | bad-amount           | self | k | {\"amount\":\"1.005\"}",
        "zero                   | 400 | bad-amount           | self | k | {\"amount\":\"0.00\"}",
      })
  void badInputAnswersProblemDetailsAndChangesNothing(
      String what, int status, String kind, String user, String key, String body) {
    long own = cells.user(cells.north, "5.00");
    String caller = user == null ? "" : user.equals("self") ? Long.toString(own) : user;
    TestCell.Answer answer =
        cells.north.post(
            "/accounts/" + own + "/deposits",
            caller,
            key == null ? "" : TwoCells.key(),
            body == null ? "" : body);
    assertProblem(answer, status, kind);
    assertThat(cells.north.balance(own)).isEqualTo("5.00");
  }

  private static void assertProblem(TestCell.Answer answer, int status, String kind) {
    assertThat(answer.status()).as("%s", answer).isEqualTo(status);
    assertThat(answer.header("content-type")).isEqualTo("application/problem+json");
    assertThat(answer.text("type")).isEqualTo("/problems/" + kind);
    assertThat(answer.body().path("status").asInt()).isEqualTo(status);
    assertThat(answer.text("detail")).isNotEmpty();
  }

  /** A duplicate that comes late sends nothing: its sender was told that it was refused. */
  @Test
  void aTransferThatWasRefusedStaysRefusedWhenThereIsMoneyLater() {
    long own = cells.user(cells.north, "5.00");
    long other = cells.user(cells.north, "0.50");
    String key = TwoCells.key();
    assertProblem(cells.north.transfer(own, other, key, "6.00"), 409, "not-enough-funds");
    assertThat(cells.north.deposit(own, TwoCells.key(), "10.00").status()).isEqualTo(201);
    assertProblem(cells.north.transfer(own, other, key, "6.00"), 409, "not-enough-funds");
    assertThat(cells.north.balance(own)).isEqualTo("15.00");
    assertProblem(cells.north.transfer(own, other, key, "7.00"), 422, "idempotency-key-reused");
    assertThat(cells.north.transfer(own, other, TwoCells.key(), "6.00").status()).isEqualTo(201);
    assertThat(cells.north.balance(own)).isEqualTo("9.00");
  }

  @Test
  void otherBadRequestsAnswerProblemDetails() {
    long own = cells.user(cells.north, "5.00");
    long nobody = cells.newId(3);
    assertProblem(cells.north.get("/accounts/" + nobody, nobody), 404, "no-such-account");
    assertProblem(cells.north.deposit(nobody, TwoCells.key(), "1"), 404, "no-such-account");
    assertProblem(cells.north.get("/accounts/me", own), 400, "bad-id");
    assertProblem(
        cells.north.get("/accounts/" + own + "/transfers/12", own), 404, "no-such-transfer");
    assertProblem(
        cells.north.get("/accounts/" + own + "/entries?cursor=abc", own), 400, "bad-cursor");
    assertProblem(cells.north.transfer(own, own, TwoCells.key(), "1"), 400, "bad-payee");
    assertProblem(cells.north.transfer(own, 7, TwoCells.key(), "6.00"), 409, "not-enough-funds");
    assertProblem(
        cells.north.post("/accounts", "", TwoCells.key(), "{\"name\":\"  \"}"), 400, "bad-name");
    assertProblem(
        cells.north.post("/accounts", "", TwoCells.key(), "{\"name\":\"" + "x".repeat(101) + "\"}"),
        400,
        "bad-name");
    assertProblem(
        cells.north.post(
            "/accounts", "", TwoCells.key(), "{\"name\":\"" + "x".repeat(10 << 20) + "\"}"),
        413,
        "body-too-large");
    assertProblem(cells.north.get("/account", own), 404, "no-such-path");
    assertProblem(
        cells.north.send(
            cells.north.request("/accounts/" + own).header("Cell-User", "" + own).DELETE()),
        405,
        "method-not-allowed");
    assertThat(cells.north.balance(own)).isEqualTo("5.00");
  }

  @Test
  void aCellSaysWhenAUserIsNotItsOwnOrItMayNotWrite() {
    long far = cells.user(cells.south, "5.00");
    TestCell.Answer misdirected = cells.north.deposit(far, TwoCells.key(), "1.00");
    assertProblem(misdirected, 421, "not-home");
    assertThat(misdirected.header("Cell-Slot")).isEqualTo(Long.toString(far & 1023));
    assertThat(misdirected.header("Cell-Epoch")).isNotEmpty();
    assertThat(misdirected.header("Cell-Not-Executed")).isEqualTo("true");

    cells.south.execute("UPDATE homecell.hc_lease SET expires_at = '2000-01-01'");
    try {
      TestCell.Answer fenced = cells.south.deposit(far, TwoCells.key(), "1.00");
      assertProblem(fenced, 503, "cell-fenced");
      assertThat(fenced.header("Retry-After")).isEqualTo("1");
      assertThat(fenced.header("Cell-Not-Executed")).isEqualTo("true");
      assertThat(cells.south.get("/accounts/" + far, far).status()).isEqualTo(200);
    } finally {
      cells.south.execute("UPDATE homecell.hc_lease SET expires_at = '2100-01-01'");
    }
    assertThat(cells.south.balance(far)).isEqualTo("5.00");
  }
}
