package io.homecell.account;

import io.homecell.account.ledger.Ledger;
import io.homecell.api.account.AccountService;
import io.homecell.core.cell.CellProcess;
import io.homecell.core.cell.WarmUp;
import io.homecell.core.cell.WarmUp.Request;
import java.math.BigDecimal;
import java.util.List;

/** A cell's account process: accounts, payments, transfers. */
public final class AccountCellMain {
  private AccountCellMain() {}

  public static void main(String[] args) {
    CellProcess.main("account", AccountCellMain::build);
  }

  private static CellProcess.Service build(CellProcess.Parts parts) {
    Ledger ledger =
        new Ledger(parts.database(), parts.topology().slots(), parts.ids(), parts.clock());
    AccountService homes = parts.homes().of(AccountService.class);
    AccountCell cell =
        parts
            .lifecycle()
            .closing(
                "deliverer",
                AccountCell.start(parts.cell(), ledger, parts.routes(), homes, parts.metrics()));
    return new CellProcess.Service(cell.exported(), warmUp(parts.nobody(), homes));
  }

  private static List<WarmUp.Request> warmUp(long nobody, AccountService homes) {
    String account = "/accounts/" + nobody;
    return List.of(
        new Request.Get(account, nobody),
        new Request.Get(account + "/entries", nobody),
        new Request.Post(account + "/deposits", nobody, "{\"amount\":\"1.00\"}"),
        new Request.Post(
            account + "/transfers",
            nobody,
            "{\"to\":\"" + Long.MAX_VALUE + "\",\"amount\":\"1.00\"}"),
        new Request.Call(() -> homes.credit(nobody, nobody, nobody, BigDecimal.ONE)));
  }
}
