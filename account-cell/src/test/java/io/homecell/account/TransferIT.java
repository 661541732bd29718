package io.homecell.account;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Transfers between homes, over real RPC and MySQL. */
@Timeout(240)
@ExtendWith(TwoCells.Extension.class)
class TransferIT {
  private final TwoCells cells;

  TransferIT(TwoCells cells) {
    this.cells = cells;
  }

  private String status(TestCell home, long payer, String transfer) {
    return home.get("/accounts/" + payer + "/transfers/" + transfer, payer).text("status");
  }

  @Test
  void moneyReachesAPayeeOfTheSameCellAndOfAnother() {
    long payer = cells.user(cells.north, "50.00");
    long near = cells.user(cells.north, "0");
    long far = cells.user(cells.south, "0");
    for (long payee : new long[] {near, far}) {
      TestCell.Answer sent = cells.north.transfer(payer, payee, TwoCells.key(), "20");
      assertThat(sent.status()).as("%s", sent).isEqualTo(201);
      TwoCells.await(
          "done", () -> status(cells.north, payer, sent.text("transferId")).equals("DONE"));
    }
    assertThat(cells.north.balance(payer)).isEqualTo("10.00");
    assertThat(cells.north.balance(near)).isEqualTo("20.00");
    assertThat(cells.south.balance(far)).isEqualTo("20.00");
    assertThat(cells.north.rows("SELECT * FROM account.transfer_outbox WHERE payer = " + payer))
        .isEmpty();
  }

  @Test
  void aPayeeThatIsNotThereGivesTheMoneyBack() {
    long payer = cells.user(cells.north, "50.00");
    long nobody = cells.newId(800);
    String key = TwoCells.key();
    // Whoever has not heard within a second hears that it is pending.
    TwoCells.await(
        "refused", () -> cells.north.transfer(payer, nobody, key, "20.00").status() == 404);
    TestCell.Answer refused = cells.north.transfer(payer, nobody, key, "20.00");
    assertThat(refused.status()).as("%s", refused).isEqualTo(404);
    assertThat(refused.text("type")).isEqualTo("/problems/no-such-payee");
    assertThat(cells.north.balance(payer)).isEqualTo("50.00");
    assertThat(cells.north.transfer(payer, nobody, key, "20.00").status()).isEqualTo(404);
    assertThat(
            cells.north.rows(
                "SELECT kind, amount, balance FROM account.entry WHERE user_id = "
                    + payer
                    + " ORDER BY seq"))
        .containsExactly("DEPOSIT 50.00 50.00", "TRANSFER_OUT -20.00 30.00", "REFUND 20.00 50.00");
    assertThat(cells.north.rows("SELECT status FROM account.transfer WHERE payer = " + payer))
        .containsExactly("REFUSED");
  }

  @Test
  void aTransferToACellThatIsDownArrivesOnceWhenItIsBack() throws Exception {
    long payer = cells.user(cells.north, "50.00");
    long near = cells.user(cells.north, "0");
    long far = cells.user(cells.south, "0");
    cells.south.stop();
    TestCell.Answer sent;
    try {
      sent = cells.north.transfer(payer, far, TwoCells.key(), "20.00");
      assertThat(sent.status()).as("%s", sent).isEqualTo(201);
      assertThat(sent.text("status")).isEqualTo("PENDING");
      // others are not held up by it
      TestCell.Answer toNear = cells.north.transfer(payer, near, TwoCells.key(), "5.00");
      TwoCells.await(
          "done", () -> status(cells.north, payer, toNear.text("transferId")).equals("DONE"));
      assertThat(cells.north.balance(payer)).isEqualTo("25.00");
    } finally {
      cells.south.start();
    }
    TwoCells.await(
        "done", () -> status(cells.north, payer, sent.text("transferId")).equals("DONE"));
    assertThat(cells.south.balance(far)).isEqualTo("20.00");
  }

  @Test
  void theNextOwnerOfThePayersSlotDeliversWhatIsLeft() {
    long payer = cells.user(cells.north, "50.00");
    long payee = cells.user(cells.south, "0");
    int slot = (int) (payer & 1023);
    int payeeSlot = (int) (payee & 1023);
    // nobody can take it in: the payee's slot is closed, as in the middle of a move
    cells.close(payeeSlot, cells.south);
    TestCell.Answer sent = cells.north.transfer(payer, payee, TwoCells.key(), "20.00");
    assertThat(sent.text("status")).as("%s", sent).isEqualTo("PENDING");
    cells.move(slot, cells.north, cells.south, "south-1");
    assertThat(cells.south.balance(payer)).isEqualTo("30.00");
    assertThat(status(cells.south, payer, sent.text("transferId"))).isEqualTo("PENDING");
    cells.move(payeeSlot, cells.south, cells.north, "north-1");
    TwoCells.await(
        "done", () -> status(cells.south, payer, sent.text("transferId")).equals("DONE"));
    assertThat(cells.north.balance(payee)).isEqualTo("20.00");
    assertThat(cells.south.balance(payer)).isEqualTo("30.00");
    assertThat(cells.north.rows("SELECT status FROM account.transfer WHERE payer = " + payer))
        .as("the old owner's copy is no longer its own to change")
        .containsExactly("PENDING");
  }

  @Test
  void manyAtOnceInBothDirectionsKeepTheSum() throws Exception {
    long one = cells.user(cells.north, "500.00");
    long two = cells.user(cells.south, "500.00");
    ExecutorService threads = Executors.newFixedThreadPool(8);
    try {
      List<Future<TestCell.Answer>> sent = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        sent.add(threads.submit(() -> cells.north.transfer(one, two, TwoCells.key(), "7.00")));
        sent.add(threads.submit(() -> cells.south.transfer(two, one, TwoCells.key(), "3.00")));
      }
      for (Future<TestCell.Answer> each : sent) {
        assertThat(each.get().status()).as("%s", each.get()).isEqualTo(201);
      }
    } finally {
      threads.shutdownNow();
    }
    TwoCells.await(
        "both outboxes are empty",
        () ->
            cells.north.rows("SELECT 1 FROM account.transfer_outbox WHERE payer = " + one).isEmpty()
                && cells
                    .south
                    .rows("SELECT 1 FROM account.transfer_outbox WHERE payer = " + two)
                    .isEmpty());
    assertThat(cells.north.balance(one)).isEqualTo("380.00");
    assertThat(cells.south.balance(two)).isEqualTo("620.00");
  }
}
