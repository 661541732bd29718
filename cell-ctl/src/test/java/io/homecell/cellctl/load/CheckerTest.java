package io.homecell.cellctl.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.homecell.cellctl.load.Observation.Account;
import io.homecell.cellctl.load.Observation.LedgerEntry;
import io.homecell.cellctl.load.Observation.Order;
import io.homecell.cellctl.load.Violation.Kind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Plants one fault after another into a clean history; the checker must find each. */
class CheckerTest {
  private static final long ANN = 1;
  private static final long BOB = 2;
  private static final long MERCHANT = 77;
  private static final long DEPOSIT = 100;
  private static final long TRANSFER = 200;
  private static final long ORDER = 300;
  private static final long PAYMENT = 400;

  private final Journal journal = new Journal();
  private final Map<Long, Account> accounts = new HashMap<>();
  private final Map<Long, String> transfers = new HashMap<>();
  private final Map<Long, Order> orders = new HashMap<>();
  private final Map<Long, List<Order>> view = new HashMap<>();
  private final List<String> comparison = new ArrayList<>();

  /** Ann deposits 50, sends 10 to Bob, and pays 15 for an order. */
  @BeforeEach
  void aCleanHistory() {
    acknowledged(new Operation.Register("ann"), ANN);
    acknowledged(new Operation.Register("bob"), BOB);
    acknowledged(new Operation.Deposit(ANN, money("50.00")), DEPOSIT);
    acknowledged(new Operation.Transfer(ANN, BOB, money("10.00")), TRANSFER);
    journal.add(
        new Operation.PlaceOrder(ANN, MERCHANT, "towel", 1),
        new Outcome.Acknowledged(ORDER, Optional.of(money("15.00"))));
    acknowledged(new Operation.Pay(ANN, ORDER), PAYMENT);
    account(
        ANN,
        "25.00",
        entry(11, "DEPOSIT", "50.00", "50.00", DEPOSIT),
        entry(12, "TRANSFER_OUT", "-10.00", "40.00", TRANSFER),
        entry(13, "PAYMENT", "-15.00", "25.00", PAYMENT));
    account(BOB, "10.00", entry(21, "TRANSFER_IN", "10.00", "10.00", TRANSFER));
    transfers.put(TRANSFER, "DONE");
    orders.put(ORDER, order("PAID"));
    view.put(MERCHANT, List.of(order("PAID")));
  }

  @Test
  void aCleanHistoryHasNoViolation() {
    assertThat(check()).isEmpty();
  }

  /** As after a failover that has lost Carl: what was sent to him is paid back. */
  @Test
  void aTransferToALostPayeeIsTakenBackAndOnlyThePayeeIsLost() {
    acknowledged(new Operation.Register("carl"), 3);
    journal.add(
        new Operation.Transfer(BOB, 3, money("4.00")), new Outcome.Refused(404, "no-such-payee"));
    account(
        BOB,
        "10.00",
        entry(21, "TRANSFER_IN", "10.00", "10.00", TRANSFER),
        entry(22, "TRANSFER_OUT", "-4.00", "6.00", 201),
        entry(23, "REFUND", "4.00", "10.00", 201));
    assertThat(check()).containsExactly(new Violation(Kind.LOST, "user 3"));

    account(
        BOB,
        "6.00",
        entry(21, "TRANSFER_IN", "10.00", "10.00", TRANSFER),
        entry(22, "TRANSFER_OUT", "-4.00", "6.00", 201));
    assertThat(kinds()).contains(Kind.ENTRY_WITHOUT_CAUSE);
  }

  @Test
  void anAcknowledgedTransferToALostPayeeIsTakenBackOrLost() {
    acknowledged(new Operation.Register("carl"), 3);
    acknowledged(new Operation.Transfer(BOB, 3, money("4.00")), 201);
    transfers.put(201L, "REFUSED");
    account(
        BOB,
        "10.00",
        entry(21, "TRANSFER_IN", "10.00", "10.00", TRANSFER),
        entry(22, "TRANSFER_OUT", "-4.00", "6.00", 201),
        entry(23, "REFUND", "4.00", "10.00", 201));
    assertThat(check())
        .containsExactly(
            new Violation(Kind.LOST, "user 3"),
            new Violation(Kind.LOST, "user 3, payee of transfer 201"));
  }

  @Test
  void aReadThatDoesNotFindWhatWasAcknowledged() {
    journal.add(
        new Operation.Read(ANN, OptionalLong.of(ORDER)), new Outcome.Refused(404, "no-such-order"));
    assertThat(check())
        .containsExactly(new Violation(Kind.NOT_FOUND, "/orders/300 of user 1: 404"));
  }

  @Test
  void aLostUser() {
    accounts.remove(BOB);
    assertThat(kinds()).contains(Kind.LOST);
  }

  @Test
  void aLostDeposit() {
    account(
        ANN,
        "-25.00",
        entry(12, "TRANSFER_OUT", "-10.00", "-10.00", TRANSFER),
        entry(13, "PAYMENT", "-15.00", "-25.00", PAYMENT));
    assertThat(check())
        .contains(new Violation(Kind.LOST, "deposit 100: no DEPOSIT of 50.00 at user 1"));
  }

  @Test
  void aDepositTwice() {
    account(
        ANN,
        "75.00",
        entry(11, "DEPOSIT", "50.00", "50.00", DEPOSIT),
        entry(14, "DEPOSIT", "50.00", "100.00", DEPOSIT),
        entry(12, "TRANSFER_OUT", "-10.00", "90.00", TRANSFER),
        entry(13, "PAYMENT", "-15.00", "75.00", PAYMENT));
    assertThat(kinds()).containsExactly(Kind.REPEATED);
  }

  @Test
  void aDepositTwiceUnderTwoIds() {
    account(
        ANN,
        "75.00",
        entry(11, "DEPOSIT", "50.00", "50.00", DEPOSIT),
        entry(14, "DEPOSIT", "50.00", "100.00", 101),
        entry(12, "TRANSFER_OUT", "-10.00", "90.00", TRANSFER),
        entry(13, "PAYMENT", "-15.00", "75.00", PAYMENT));
    assertThat(kinds()).containsExactly(Kind.ENTRY_WITHOUT_CAUSE);
  }

  @Test
  void aDepositOfAnotherAmount() {
    account(
        ANN,
        "26.00",
        entry(11, "DEPOSIT", "51.00", "51.00", DEPOSIT),
        entry(12, "TRANSFER_OUT", "-10.00", "41.00", TRANSFER),
        entry(13, "PAYMENT", "-15.00", "26.00", PAYMENT));
    assertThat(kinds()).containsExactly(Kind.WRONG);
  }

  @Test
  void aDoublePayment() {
    account(
        ANN,
        "10.00",
        entry(11, "DEPOSIT", "50.00", "50.00", DEPOSIT),
        entry(12, "TRANSFER_OUT", "-10.00", "40.00", TRANSFER),
        entry(13, "PAYMENT", "-15.00", "25.00", PAYMENT),
        entry(14, "PAYMENT", "-15.00", "10.00", PAYMENT));
    assertThat(kinds()).contains(Kind.REPEATED);
  }

  @Test
  void aPaidOrderThatWasNotDebited() {
    account(
        ANN,
        "40.00",
        entry(11, "DEPOSIT", "50.00", "50.00", DEPOSIT),
        entry(12, "TRANSFER_OUT", "-10.00", "40.00", TRANSFER));
    assertThat(kinds()).contains(Kind.LOST, Kind.WRONG);
  }

  @Test
  void aPaymentThatTheOrderForgot() {
    orders.put(ORDER, order("PLACED"));
    view.put(MERCHANT, List.of(order("PLACED")));
    assertThat(kinds()).contains(Kind.LOST, Kind.WRONG);
  }

  @Test
  void aLostOrder() {
    orders.clear();
    assertThat(check()).contains(new Violation(Kind.LOST, "order 300"));
  }

  @Test
  void anOrderWithAnotherTotal() {
    orders.put(ORDER, new Order(ORDER, ANN, MERCHANT, money("16.00"), "PAID", PAYMENT));
    assertThat(kinds()).contains(Kind.WRONG);
  }

  @Test
  void aTransferThatNeverArrives() {
    account(BOB, "0.00");
    assertThat(kinds()).contains(Kind.LOST);
  }

  @Test
  void aTransferThatArrivesTwice() {
    account(
        BOB,
        "20.00",
        entry(21, "TRANSFER_IN", "10.00", "10.00", TRANSFER),
        entry(22, "TRANSFER_IN", "10.00", "20.00", TRANSFER));
    assertThat(kinds()).contains(Kind.REPEATED, Kind.MONEY_NOT_CONSERVED);
  }

  @Test
  void aTransferThatIsStuck() {
    transfers.put(TRANSFER, "PENDING");
    account(BOB, "0.00");
    assertThat(kinds()).containsExactly(Kind.STUCK);
  }

  @Test
  void aCreditOfNothing() {
    account(
        BOB,
        "15.00",
        entry(21, "TRANSFER_IN", "10.00", "10.00", TRANSFER),
        entry(22, "TRANSFER_IN", "5.00", "15.00", 201));
    assertThat(kinds()).contains(Kind.ENTRY_WITHOUT_CAUSE, Kind.MONEY_NOT_CONSERVED);
  }

  @Test
  void aBalanceThatIsNotTheSum() {
    account(BOB, "11.00", entry(21, "TRANSFER_IN", "10.00", "10.00", TRANSFER));
    assertThat(kinds()).containsExactly(Kind.LEDGER_BROKEN, Kind.MONEY_NOT_CONSERVED);
  }

  @Test
  void aRefusedPaymentThatWasMade() {
    Journal refused = new Journal();
    journal.entries().stream()
        .filter(entry -> !(entry.operation() instanceof Operation.Pay))
        .forEach(entry -> refused.add(entry.operation(), entry.outcome()));
    refused.add(new Operation.Pay(ANN, ORDER), new Outcome.Refused(409, "not enough"));
    assertThat(Checker.check(refused.entries(), observation()))
        .extracting(Violation::kind)
        .containsExactly(Kind.REFUSED_BUT_DONE);
  }

  @Test
  void theMerchantSeesAnEarlierState() {
    view.put(MERCHANT, List.of(order("PLACED")));
    assertThat(kinds()).containsExactly(Kind.MERCHANT_VIEW);
  }

  @Test
  void theMerchantSeesAnOrderTwiceOrNever() {
    view.put(MERCHANT, List.of(order("PAID"), order("PAID")));
    assertThat(kinds()).containsExactly(Kind.MERCHANT_VIEW);
    view.clear();
    assertThat(kinds()).containsExactly(Kind.MERCHANT_VIEW);
  }

  @Test
  void copiesThatDiffer() {
    comparison.add("account.ledger_entry differs between north-1 and south-1");
    assertThat(kinds()).containsExactly(Kind.COPIES_DIFFER);
  }

  @Test
  void anOperationOfUnknownOutcomeMayBeThereOnce() {
    journal.add(new Operation.Deposit(BOB, money("7.00")), new Outcome.Unknown("timeout"));
    assertThat(check()).isEmpty();
    LedgerEntry arrived = entry(21, "TRANSFER_IN", "10.00", "10.00", TRANSFER);
    account(BOB, "17.00", arrived, entry(22, "DEPOSIT", "7.00", "17.00", 102));
    assertThat(check()).isEmpty();
    account(
        BOB,
        "24.00",
        arrived,
        entry(22, "DEPOSIT", "7.00", "17.00", 102),
        entry(23, "DEPOSIT", "7.00", "24.00", 103));
    assertThat(kinds()).containsExactly(Kind.ENTRY_WITHOUT_CAUSE);
  }

  private List<Violation> check() {
    return Checker.check(journal.entries(), observation());
  }

  private List<Kind> kinds() {
    return check().stream().map(Violation::kind).distinct().toList();
  }

  private Observation observation() {
    return new Observation(accounts, transfers, orders, view, comparison);
  }

  private void acknowledged(Operation operation, long id) {
    journal.add(operation, new Outcome.Acknowledged(id, Optional.empty()));
  }

  private void account(long user, String balance, LedgerEntry... entries) {
    accounts.put(user, new Account(money(balance), List.of(entries)));
  }

  private static LedgerEntry entry(
      long id, String kind, String amount, String balance, long reference) {
    return new LedgerEntry(id, kind, money(amount), money(balance), reference);
  }

  private static Order order(String status) {
    return new Order(ORDER, ANN, MERCHANT, money("15.00"), status, PAYMENT);
  }

  private static BigDecimal money(String text) {
    return new BigDecimal(text);
  }
}
