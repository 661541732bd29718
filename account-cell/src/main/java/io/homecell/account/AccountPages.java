package io.homecell.account;

import io.homecell.account.ledger.Accounts;
import io.homecell.account.ledger.Entries;
import io.homecell.account.ledger.Money;
import io.homecell.account.transfer.TransferDesk;
import io.homecell.account.transfer.Transfers;
import io.homecell.api.account.AccountsHttp;
import io.homecell.api.account.NewAccount;
import io.homecell.api.account.NewDeposit;
import io.homecell.api.account.NewTransfer;
import io.homecell.core.http.CellHeaders;
import io.homecell.core.http.ProblemException;
import io.homecell.core.idempotency.KeptAnswer;
import io.homecell.core.idempotency.RequestKey;
import io.homecell.core.rpc.Ids;
import java.math.BigDecimal;
import org.apache.dubbo.remoting.http12.HttpResult;
import org.jspecify.annotations.Nullable;

/** The HTTP calls of this cell: checks what was sent, asks the domain, shapes the answer. */
final class AccountPages implements AccountsHttp {
  private final String cell;
  private final Accounts accounts;
  private final Entries entries;
  private final Transfers transfers;
  private final TransferDesk desk;

  AccountPages(
      String cell, Accounts accounts, Entries entries, Transfers transfers, TransferDesk desk) {
    this.cell = cell;
    this.accounts = accounts;
    this.entries = entries;
    this.transfers = transfers;
    this.desk = desk;
  }

  @Override
  public HttpResult<?> register(@Nullable String key, @Nullable NewAccount body) {
    NewAccount asked = present(body);
    String name = asked.name();
    if (name == null) {
      throw missing("name");
    }
    RequestKey request = RequestKey.of("register@" + cell, key, "POST /accounts", asked);
    return answer(accounts.register(request, name));
  }

  @Override
  public HttpResult<?> read(String userId, @Nullable String user) {
    return HttpResult.of(200, accounts.read(self(userId, user)));
  }

  @Override
  public HttpResult<?> deposit(
      String userId, @Nullable String user, @Nullable String key, @Nullable NewDeposit body) {
    long id = self(userId, user);
    NewDeposit asked = present(body);
    RequestKey request =
        RequestKey.of(userId, key, "POST /accounts/" + userId + "/deposits", asked);
    return answer(accounts.deposit(request, id, Money.parse(asked.amount())));
  }

  @Override
  public HttpResult<?> transfer(
      String userId, @Nullable String user, @Nullable String key, @Nullable NewTransfer body) {
    long payer = self(userId, user);
    NewTransfer asked = present(body);
    RequestKey request =
        RequestKey.of(userId, key, "POST /accounts/" + userId + "/transfers", asked);
    String to = asked.to();
    if (to == null) {
      throw missing("to");
    }
    long payee = id("to", to);
    if (payee == payer) {
      throw new ProblemException(
          400, "bad-payee", "to: " + to + " (expected: another user than the payer)");
    }
    BigDecimal amount = Money.parse(asked.amount());
    try {
      return answer(desk.send(request, payer, payee, amount));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while a transfer was under way", e);
    }
  }

  @Override
  public HttpResult<?> readTransfer(String userId, @Nullable String user, String transferId) {
    long payer = self(userId, user);
    return HttpResult.of(
        200,
        transfers
            .read(payer, id("transferId", transferId))
            .orElseThrow(
                () ->
                    new ProblemException(
                        404,
                        "no-such-transfer",
                        "account " + userId + " has no transfer " + transferId)));
  }

  @Override
  public HttpResult<?> entries(String userId, @Nullable String user, @Nullable String cursor) {
    return HttpResult.of(200, entries.page(self(userId, user), cursor));
  }

  private static HttpResult<?> answer(KeptAnswer<?> answer) {
    return HttpResult.of(answer.status(), answer.body());
  }

  private static <T> T present(@Nullable T body) {
    if (body == null) {
      throw new ProblemException(
          400, "malformed-body", "the body is missing (expected: a JSON object)");
    }
    return body;
  }

  private static ProblemException missing(String field) {
    return new ProblemException(400, "missing-field", field + ": missing (expected: a text)");
  }

  /** The user of the path, if it is the one that the edge has found. */
  private static long self(String userId, @Nullable String user) {
    long asked = id("userId", userId);
    if (user == null || Ids.parse(user).isEmpty()) {
      throw new ProblemException(
          400,
          "no-identity",
          "it can't be told who asks: "
              + CellHeaders.USER
              + (user == null ? " is missing" : " is not a user's id"));
    }
    if (Ids.parse(user).getAsLong() != asked) {
      throw new ProblemException(403, "not-yours", "account " + userId + " is another user's");
    }
    return asked;
  }

  private static long id(String name, String text) {
    return Ids.parse(text)
        .orElseThrow(
            () ->
                new ProblemException(
                    400, "bad-id", name + ": not an id (expected: a decimal number)"));
  }
}
