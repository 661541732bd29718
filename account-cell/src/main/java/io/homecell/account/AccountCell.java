package io.homecell.account;

import io.homecell.account.ledger.Accounts;
import io.homecell.account.ledger.Entries;
import io.homecell.account.ledger.Ledger;
import io.homecell.account.ledger.OwnSlots;
import io.homecell.account.ledger.Payments;
import io.homecell.account.transfer.Deliverer;
import io.homecell.account.transfer.TransferDesk;
import io.homecell.account.transfer.Transfers;
import io.homecell.api.account.AccountService;
import io.homecell.api.account.AccountsHttp;
import io.homecell.core.idempotency.Idempotency;
import io.homecell.core.route.Routes;
import io.homecell.core.rpc.CellServer.Exported;
import io.homecell.core.topology.Topology;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;

/** The domain of a cell, wired. */
record AccountCell(Deliverer deliverer, List<Exported<?>> exported) implements AutoCloseable {
  static AccountCell start(
      Topology.Cell cell,
      Ledger ledger,
      Routes routes,
      AccountService homes,
      MeterRegistry metrics) {
    Idempotency idempotency =
        new Idempotency(ledger.database(), "account.idempotency", ledger.clock());
    Transfers transfers = new Transfers(ledger, idempotency);
    Deliverer deliverer =
        new Deliverer(cell.name(), transfers, homes, routes, ledger.clock(), metrics).start();
    AccountPages pages =
        new AccountPages(
            cell.name(),
            new Accounts(cell.name(), ledger, idempotency, new OwnSlots(cell, routes)),
            new Entries(ledger),
            transfers,
            new TransferDesk(transfers, deliverer));
    return new AccountCell(
        deliverer,
        List.of(
            Exported.of(AccountsHttp.class, pages),
            Exported.of(AccountService.class, new AccountCalls(new Payments(ledger), transfers))));
  }

  @Override
  public void close() {
    deliverer.close();
  }
}
