package io.homecell.cellctl.load;

import io.homecell.cellctl.load.Observation.Account;
import io.homecell.cellctl.load.Observation.LedgerEntry;
import io.homecell.cellctl.load.Observation.Order;
import io.homecell.cellctl.load.Violation.Kind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Holds what the services say against the journal of what they acknowledged. A pure function: its
 * tests plant faults into a clean history, and each must be found.
 *
 * <p>An operation whose outcome the client never learned may be there or not, but at most once.
 */
final class Checker {
  private final List<Journal.Entry> history;
  private final Observation seen;
  private final List<Violation> violations = new ArrayList<>();

  /** Entries with a known cause; what is left over nobody asked for. */
  private final Set<Long> explained = new HashSet<>();

  private Checker(List<Journal.Entry> history, Observation seen) {
    this.history = history;
    this.seen = seen;
  }

  /** Every violation found; empty if the services kept their word. */
  static List<Violation> check(List<Journal.Entry> history, Observation seen) {
    Checker checker = new Checker(history, seen);
    checker.registrations();
    checker.deposits();
    checker.transfers();
    checker.orders();
    checker.refusals();
    checker.reads();
    checker.unknownDeposits();
    checker.ledgers();
    checker.conservation();
    checker.merchantView();
    seen.cellComparison().forEach(difference -> checker.add(Kind.COPIES_DIFFER, difference));
    return List.copyOf(checker.violations);
  }

  private void add(Kind kind, String detail) {
    violations.add(new Violation(kind, detail));
  }

  private void registrations() {
    Journal.acknowledged(history, Operation.Register.class)
        .filter(done -> !seen.accounts().containsKey(done.outcome().id()))
        .forEach(done -> add(Kind.LOST, "user " + done.outcome().id()));
  }

  /** Only what was acknowledged is read, so it is there. */
  private void reads() {
    for (Journal.Entry entry : history) {
      if (entry.operation() instanceof Operation.Read read
          && entry.outcome() instanceof Outcome.Refused refused) {
        add(Kind.NOT_FOUND, read.path() + " of user " + read.user() + ": " + refused.status());
      }
    }
  }

  private void deposits() {
    Journal.acknowledged(history, Operation.Deposit.class)
        .forEach(
            done ->
                exactlyOnce(
                    "deposit " + done.outcome().id(),
                    done.operation().user(),
                    "DEPOSIT",
                    Set.of(done.outcome().id()),
                    done.operation().amount()));
  }

  private void transfers() {
    Journal.acknowledged(history, Operation.Transfer.class)
        .forEach(
            done -> {
              long id = done.outcome().id();
              Operation.Transfer transfer = done.operation();
              String what = "transfer " + id;
              exactlyOnce(
                  what, transfer.user(), "TRANSFER_OUT", Set.of(id), transfer.amount().negate());
              String status = seen.transfers().get(id);
              if (status == null) {
                add(Kind.LOST, what + ": the transfer itself is not there");
              } else if (status.equals("DONE")) {
                exactlyOnce(what, transfer.payee(), "TRANSFER_IN", Set.of(id), transfer.amount());
              } else if (status.equals("REFUSED")
                  && !seen.accounts().containsKey(transfer.payee())) {
                add(Kind.LOST, "user " + transfer.payee() + ", payee of " + what);
                exactlyOnce(what, transfer.user(), "REFUND", Set.of(id), transfer.amount());
              } else {
                add(Kind.STUCK, what + " is " + status);
              }
            });
    creditsHaveDebits();
    takenBack();
  }

  /** A transfer whose payee was lost is refused only behind its debit, and then paid back. */
  private void takenBack() {
    for (Journal.Entry one : history) {
      if (one.operation() instanceof Operation.Transfer transfer
          && !(one.outcome() instanceof Outcome.Acknowledged)
          && !seen.accounts().containsKey(transfer.payee())) {
        List<LedgerEntry> entries =
            Optional.ofNullable(seen.accounts().get(transfer.user()))
                .map(Account::entries)
                .orElse(List.of());
        unexplained(entries, "TRANSFER_OUT", transfer.amount().negate())
            .forEach(
                out ->
                    unexplained(entries, "REFUND", transfer.amount())
                        .filter(back -> back.reference() == out.reference())
                        .findFirst()
                        .ifPresent(back -> explained.addAll(Set.of(out.id(), back.id()))));
      }
    }
  }

  private Stream<LedgerEntry> unexplained(
      List<LedgerEntry> entries, String kind, BigDecimal amount) {
    return entries.stream()
        .filter(entry -> entry.kind().equals(kind) && entry.amount().compareTo(amount) == 0)
        .filter(entry -> !explained.contains(entry.id()));
  }

  /** A credit that no account was debited for is money made of nothing. */
  private void creditsHaveDebits() {
    Set<Long> debited =
        entries("TRANSFER_OUT").map(LedgerEntry::reference).collect(Collectors.toSet());
    Set<Long> credited = new HashSet<>();
    entries("TRANSFER_IN")
        .forEach(
            entry -> {
              if (!debited.contains(entry.reference())) {
                add(Kind.ENTRY_WITHOUT_CAUSE, "credit of transfer " + entry.reference());
              } else if (!credited.add(entry.reference())) {
                add(Kind.REPEATED, "credit of transfer " + entry.reference());
              }
              explained.add(entry.id());
            });
  }

  private void orders() {
    Map<Long, BigDecimal> totals = new HashMap<>();
    Journal.acknowledged(history, Operation.PlaceOrder.class)
        .forEach(
            done -> {
              long id = done.outcome().id();
              Order order = seen.orders().get(id);
              if (order == null) {
                add(Kind.LOST, "order " + id);
              } else {
                done.outcome().total().ifPresent(total -> totals.put(id, total));
                if (totals.containsKey(id) && totals.get(id).compareTo(order.total()) != 0) {
                  add(
                      Kind.WRONG,
                      "order " + id + " costs " + order.total() + ", was " + totals.get(id));
                }
              }
            });
    Journal.acknowledged(history, Operation.Pay.class)
        .forEach(done -> payment(done.operation(), done.outcome()));
    payingsBelongToPaidOrders();
  }

  private void payment(Operation.Pay pay, Outcome.Acknowledged outcome) {
    String what = "payment " + outcome.id() + " of order " + pay.order();
    Order order = seen.orders().get(pay.order());
    if (order == null) {
      return; // the order itself is told as lost
    }
    if (!order.status().equals("PAID")) {
      add(Kind.LOST, what + ": the order is " + order.status());
    }
    exactlyOnce(
        what, pay.user(), "PAYMENT", Set.of(pay.order(), outcome.id()), order.total().negate());
  }

  /** Each PAYMENT entry belongs to one order that is paid, and no two to the same. */
  private void payingsBelongToPaidOrders() {
    Map<Long, Order> byReference = new HashMap<>();
    for (Order order : seen.orders().values()) {
      byReference.put(order.id(), order);
      if (order.payment() != 0) {
        byReference.put(order.payment(), order);
      }
    }
    Set<Long> paid = new HashSet<>();
    entries("PAYMENT")
        .forEach(
            entry -> {
              Order order = byReference.get(entry.reference());
              if (order == null) {
                add(Kind.ENTRY_WITHOUT_CAUSE, "payment entry of " + entry.reference());
              } else if (!order.status().equals("PAID")) {
                add(
                    Kind.WRONG,
                    "order " + order.id() + " is " + order.status() + " but was paid for");
              } else if (!paid.add(order.id())) {
                add(Kind.REPEATED, "payment of order " + order.id());
              }
              explained.add(entry.id());
            });
    for (Order order : seen.orders().values()) {
      if (order.status().equals("PAID") && !paid.contains(order.id())) {
        add(Kind.WRONG, "order " + order.id() + " is PAID but nothing was debited");
      }
    }
  }

  /** A refused payment leaves its order unpaid, unless another attempt may have paid it. */
  private void refusals() {
    Set<Long> paidLater =
        history.stream()
            .filter(entry -> !(entry.outcome() instanceof Outcome.Refused))
            .map(Journal.Entry::operation)
            .filter(Operation.Pay.class::isInstance)
            .map(operation -> ((Operation.Pay) operation).order())
            .collect(Collectors.toSet());
    for (Journal.Entry entry : history) {
      if (entry.operation() instanceof Operation.Pay pay
          && entry.outcome() instanceof Outcome.Refused
          && !paidLater.contains(pay.order())) {
        Order order = seen.orders().get(pay.order());
        if (order != null && order.status().equals("PAID")) {
          add(Kind.REFUSED_BUT_DONE, "payment of order " + pay.order());
        }
      }
    }
  }

  /** What is left of DEPOSIT and TRANSFER_OUT must be an operation of unknown outcome, once. */
  private void unknownDeposits() {
    Map<String, Integer> possible = new HashMap<>();
    Journal.unknown(history, Operation.Deposit.class)
        .forEach(
            deposit ->
                possible.merge(key("DEPOSIT", deposit.user(), deposit.amount()), 1, Integer::sum));
    Journal.unknown(history, Operation.Transfer.class)
        .forEach(
            transfer ->
                possible.merge(
                    key("TRANSFER_OUT", transfer.user(), transfer.amount().negate()),
                    1,
                    Integer::sum));
    seen.accounts()
        .forEach(
            (user, account) ->
                account.entries().stream()
                    .filter(entry -> !explained.contains(entry.id()))
                    .forEach(
                        entry -> {
                          Integer left =
                              possible.computeIfPresent(
                                  key(entry.kind(), user, entry.amount()), (k, n) -> n - 1);
                          if (left == null || left < 0) {
                            add(
                                Kind.ENTRY_WITHOUT_CAUSE,
                                entry.kind()
                                    + " "
                                    + entry.reference()
                                    + " of "
                                    + entry.amount()
                                    + " at user "
                                    + user);
                          }
                        }));
  }

  private static String key(String kind, long user, BigDecimal amount) {
    return kind + " " + user + " " + amount.stripTrailingZeros().toPlainString();
  }

  private void ledgers() {
    seen.accounts()
        .forEach(
            (user, account) -> {
              BigDecimal running = BigDecimal.ZERO;
              for (LedgerEntry entry : account.entries()) {
                running = running.add(entry.amount());
                if (running.compareTo(entry.balance()) != 0 || running.signum() < 0) {
                  add(
                      Kind.LEDGER_BROKEN,
                      "user "
                          + user
                          + " entry "
                          + entry.id()
                          + ": balance "
                          + entry.balance()
                          + ", entries add up to "
                          + running);
                  return;
                }
              }
              if (running.compareTo(account.balance()) != 0) {
                add(
                    Kind.LEDGER_BROKEN,
                    "user " + user + ": balance " + account.balance() + ", entries " + running);
              }
            });
  }

  private void conservation() {
    BigDecimal deposits = sum("DEPOSIT");
    BigDecimal payments = sum("PAYMENT").add(sum("REFUND")).negate();
    BigDecimal underWay = sum("TRANSFER_OUT").add(sum("TRANSFER_IN")).negate();
    BigDecimal balances =
        seen.accounts().values().stream()
            .map(Account::balance)
            .reduce(BigDecimal.ZERO, BigDecimal::add);
    if (deposits.compareTo(balances.add(payments).add(underWay)) != 0 || underWay.signum() < 0) {
      add(
          Kind.MONEY_NOT_CONSERVED,
          "deposits "
              + deposits
              + ", balances "
              + balances
              + ", payments "
              + payments
              + ", transfers under way "
              + underWay);
    }
  }

  private void merchantView() {
    Map<Long, List<Order>> rows = new HashMap<>();
    seen.merchantView()
        .values()
        .forEach(
            list ->
                list.forEach(
                    row -> rows.computeIfAbsent(row.id(), id -> new ArrayList<>()).add(row)));
    for (Order order : seen.orders().values()) {
      List<Order> shown = rows.getOrDefault(order.id(), List.of());
      if (shown.size() != 1) {
        add(
            Kind.MERCHANT_VIEW,
            "order " + order.id() + " is shown " + shown.size() + " times to its merchant");
      } else if (!shown.get(0).status().equals(order.status())) {
        add(
            Kind.MERCHANT_VIEW,
            "order "
                + order.id()
                + " is "
                + order.status()
                + ", its merchant sees "
                + shown.get(0).status());
      }
    }
  }

  private void exactlyOnce(
      String what, long user, String kind, Set<Long> references, BigDecimal amount) {
    Account account = seen.accounts().get(user);
    List<LedgerEntry> found =
        account == null
            ? List.of()
            : account.entries().stream()
                .filter(
                    entry -> entry.kind().equals(kind) && references.contains(entry.reference()))
                .toList();
    found.forEach(entry -> explained.add(entry.id()));
    if (found.isEmpty()) {
      add(Kind.LOST, what + ": no " + kind + " of " + amount + " at user " + user);
    } else if (found.size() > 1) {
      add(Kind.REPEATED, what + ": " + found.size() + " times " + kind + " at user " + user);
    } else if (found.get(0).amount().compareTo(amount) != 0) {
      add(
          Kind.WRONG,
          what + ": " + kind + " of " + found.get(0).amount() + ", acknowledged " + amount);
    }
  }

  private BigDecimal sum(String kind) {
    return entries(kind).map(LedgerEntry::amount).reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  private Stream<LedgerEntry> entries(String kind) {
    return seen.accounts().values().stream()
        .flatMap(account -> account.entries().stream())
        .filter(entry -> entry.kind().equals(kind));
  }
}
